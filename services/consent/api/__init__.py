"""The addresses of the consent service, a file per resource."""
