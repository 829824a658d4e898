"""How a page's help is shown at F1."""

import html
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QTextBrowser, QVBoxLayout, QWidget

from n6studio.domain.pages import PageHelp
from n6studio.ui.pages.listing import page_help
from n6studio.ui.theme import colours_of
from n6studio.ui.widgets.parts import button


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
    """Stays beside the window and follows it from page to page."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(560, 620)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        self.text = QTextBrowser()
        self.text.setAccessibleName("Help")
        self.text.document().setDocumentMargin(10)
        layout.addWidget(self.text, 1)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(button("Close", self.close, tip="Esc"))
        layout.addLayout(row)

    def show_help(self, key: str, title: str, window_keys: Sequence[tuple[str, str]]) -> None:
        """Show a page's help."""
        page = page_help(key) or PageHelp("This page has no help yet.", ())
        self.setWindowTitle(f"Help: {title}")
        self.text.setHtml(as_html(title, page, window_keys, colours_of(self).muted))
