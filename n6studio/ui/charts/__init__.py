"""Charts: thin wrappers around pyqtgraph that all read out values, export themselves and show their data as a table."""
