"""ST's pose applications: recognised, copied, configured and built."""
