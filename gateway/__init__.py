"""The one door: identity, limits, routing and the pages; no database and no rules of any service."""
