"""The rules of concern reports: plain Python, no clock, no database, no framework."""
