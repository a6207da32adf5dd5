"""Offers as HSDS 3.0 services and back (Human Services Data Specification); docs/hsds.md has the whole mapping."""
