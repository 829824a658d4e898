"""The window around the pages: main window, dialogs, job drawer, palette, keys."""
