"""The window: the only room with PySide6. Nothing here touches a file, device, model or process on the GUI thread."""

from n6studio.ui.system.singletons import make_immortal

make_immortal()
