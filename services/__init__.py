"""The services: directory, consent, referral; each an island."""
