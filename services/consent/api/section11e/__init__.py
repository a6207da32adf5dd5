"""The addresses of meetings under RSL § 11 e."""
