"""One module a command: its options, what it does, and how it says what came of it. Light to import."""
