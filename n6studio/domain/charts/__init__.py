"""Charts as descriptions: what is drawn, not how. The window and the reports draw the same ones."""
