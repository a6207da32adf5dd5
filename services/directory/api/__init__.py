"""The addresses of the directory service, a file per resource."""
