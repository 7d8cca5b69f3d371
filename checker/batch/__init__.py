"""A class folder: collected, graded in blocks, kept in a database, and reported."""
