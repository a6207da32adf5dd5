"""Consent: who is concerned, what they said yes and no to, and whether X may tell Y this now."""
