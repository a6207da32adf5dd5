"""What the directory does, a function per use case. Nobody commits here."""
