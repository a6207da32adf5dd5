"""Offers in and out of files: read strictly, told of row by row, and written so that they return."""
