"""Directory: the offers to families, who gives them and where; public knowledge, nothing about a person."""
