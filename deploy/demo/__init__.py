"""The demo: who takes part, what they do, and what must come of it."""
