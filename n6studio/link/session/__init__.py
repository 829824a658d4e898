"""A live session: a source that is read, watched and counted."""
