"""The addresses of the concern service, a file per resource."""
