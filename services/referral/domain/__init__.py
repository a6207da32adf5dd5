"""The rules of referral: plain Python, no clock, no database, no framework."""
