"""How a page's help is shown at F1."""

import html
from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QTextBrowser, QVBoxLayout, QWidget

from n6studio.domain.pages import PageHelp
from n6studio.engine.updates.check import named_place
from n6studio.ui.background import run_in_background
from n6studio.ui.pages.listing import page_help
from n6studio.ui.theme import TextRole, colours_of
from n6studio.ui.widgets.error_card import Helpful
from n6studio.ui.widgets.parts import button, label

NO_PLACE = "This build names no place for updates."


def as_html(title: str, page: PageHelp, window_keys: Sequence[tuple[str, str]], muted: str) -> str:
    """Return a page's help as the little HTML that Qt's text widgets know."""
    parts = [f"<h2>{html.escape(title)}</h2>", f"<p>{html.escape(page.purpose)}</p>", "<h3>What to do</h3><ol>"]
    parts += [f"<li>{html.escape(step)}</li>" for step in page.steps]
    parts.append("</ol>")
    if page.mistakes:
        parts.append("<h3>Troubleshooting</h3>")
        parts += [_pair(seen, what, muted) for seen, what in page.mistakes]
    if page.terms:
        parts.append("<h3>Glossary</h3>")
        parts += [_pair(word, meaning, muted) for word, meaning in page.terms]
    parts.append('<h3>Shortcuts</h3><table cellspacing="0" cellpadding="3">')
    parts += [
        f'<tr><td style="color:{muted}">{html.escape(keys)}&nbsp;&nbsp;&nbsp;</td><td>{html.escape(what)}</td></tr>'
        for keys, what in (*page.keys, *window_keys)
        if keys
    ]
    parts.append("</table>")
    return "".join(parts)


def _pair(name: str, text: str, muted: str) -> str:
    return f'<p><b>{html.escape(name)}</b><br><span style="color:{muted}">{html.escape(text)}</span></p>'


class HelpDialog(QDialog):
    """Stays beside the window and follows it from page to page; leads to updates and to what the program is made of.

    Args:
        parent: the window.
        place: returns where updates are looked for, None where the build names no place; asked off the GUI thread.
    """

    def __init__(self, parent: QWidget, place: Callable[[], object] = named_place) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(560, 620)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        self.text = QTextBrowser()
        self.text.setAccessibleName("Help")
        self.text.document().setDocumentMargin(10)
        layout.addWidget(self.text, 1)
        self.updates_button = button("Check for updates", lambda: self._go("updates"), command="updates")
        self.about_button = button("About", lambda: self._go("about"), command="about")
        self.note = label(role=TextRole.MUTED)
        self.note.hide()
        row = QHBoxLayout()
        row.addWidget(self.updates_button)
        row.addWidget(self.about_button)
        row.addWidget(self.note, 1)
        row.addStretch(0)
        row.addWidget(button("Close", self.close, tip="Esc"))
        layout.addLayout(row)
        run_in_background(self, place, self._know_place)

    def _know_place(self, found: object) -> None:
        self.updates_button.setEnabled(found is not None)
        self.note.setText("" if found is not None else NO_PLACE)
        self.note.setVisible(found is None)

    def _go(self, name: str) -> None:
        window = self.parent()
        action = window.action_named(name) if isinstance(window, Helpful) else None
        if action is not None:
            action.trigger()

    def show_help(self, key: str, title: str, window_keys: Sequence[tuple[str, str]]) -> None:
        """Show a page's help."""
        page = page_help(key) or PageHelp("This page has no help yet.", ())
        self.setWindowTitle(f"Help: {title}")
        self.text.setHtml(as_html(title, page, window_keys, colours_of(self).muted))
