"""What the system costs, measured against bare PostgreSQL writing and reading the same rows (`make bench`)."""
