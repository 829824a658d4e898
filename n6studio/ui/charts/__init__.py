"""Charts in the window: one card shows any description, drawn with pyqtgraph, read out, as a table and as files."""
