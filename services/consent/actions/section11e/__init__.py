"""What is done about meetings under RSL § 11 e: each in one transaction with its entry in the ledger."""
