"""The window: the only room with PySide6. Nothing here touches a file, device, model or process on the GUI thread."""
