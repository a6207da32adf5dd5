"""What the family gets in its hands: each answer as a sheet, and everything on one page, for a screen or on paper."""
