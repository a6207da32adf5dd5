"""The rules of consent: plain Python, no clock, no database, no framework."""
