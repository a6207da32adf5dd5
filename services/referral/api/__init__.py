"""The addresses of the referral service, a file per resource."""
