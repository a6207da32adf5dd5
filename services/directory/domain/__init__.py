"""The rules of the directory: plain Python, no clock, no database, no framework."""
