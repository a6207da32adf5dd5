"""Concern reports: the rules, the clocks, who may, and what is never shown."""
