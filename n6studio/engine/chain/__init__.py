"""The stages of a project: what each is asked for, which are fresh, and running one with all that it needs."""
