"""What the concern service does, a module per use case."""
