"""SQL to domain values and back, a module per thing kept; no rules."""
