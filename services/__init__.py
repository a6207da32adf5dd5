"""The services: directory, consent, referral, concern; each an island."""
