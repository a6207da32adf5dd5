"""What the consent service does, a function per use case: load, decide, write, ledger, emit. Nobody commits here."""
