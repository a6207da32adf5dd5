"""What the referral service does, a module per use case."""
