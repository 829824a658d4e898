"""A board that exists in a folder."""
