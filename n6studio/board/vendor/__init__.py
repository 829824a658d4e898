"""Other vendors' command line tools: run as child processes, in folders that they can work in."""
