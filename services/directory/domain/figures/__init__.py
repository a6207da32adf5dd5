"""The figures of the mapping of family houses (seed 003), counted in the directory; "no data" is never "none"."""
