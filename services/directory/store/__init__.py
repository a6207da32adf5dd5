"""SQL to answers; no rules."""
