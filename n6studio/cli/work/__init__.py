"""The work of the commands that have much of it; imported when they run."""
