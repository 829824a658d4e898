"""The runs page: everything the project ever made."""
