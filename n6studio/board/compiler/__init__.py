"""ST Edge AI Core: its command line, memory pools, reports and messages."""
