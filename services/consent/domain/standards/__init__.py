"""A person's word in the terms of others: ISO/IEC TS 27560 and FHIR 4.0.1 (docs/consent-standards.md)."""
