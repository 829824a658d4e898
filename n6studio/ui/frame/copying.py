"""Copies what the page that is shown does, as it is typed on the command line."""

from PySide6.QtGui import QGuiApplication

from n6studio.ui.context import Context
from n6studio.ui.frame.page_stack import PageStack

COPY = "Copy this page's step as a command line"


def copy_command(context: Context, stack: PageStack) -> None:
    """Put the command on the clipboard, or say that there is none yet."""
    from n6studio.ui.command_line import command_line  # a start of the window does without

    details = stack.current_page().details() or {}
    text = command_line(context, stack.current_key, str(details.get("source") or ""))
    if text:
        QGuiApplication.clipboard().setText(text)
    context.notice.emit(f"Copied: {text}" if text else "There is nothing to type for this page yet")
