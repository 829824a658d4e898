"""One module per step of the chain; each runs in a child process of its own. torch and tensorflow live only here."""
