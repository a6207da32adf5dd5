"""The thin kit every service shares; it knows nothing of families, offers or consents."""
