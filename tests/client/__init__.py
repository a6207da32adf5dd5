"""The Python client for regional systems."""
