"""The page before anything is connected: which socket to use, and what to do without a board."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from n6studio.board.description import Board
from n6studio.board.registry import vendor_boards
from n6studio.stages.deploy.stage import DEPLOY, DeploySettings
from n6studio.ui.context import Context
from n6studio.ui.pages.live import texts
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.board_drawing import BoardDrawing
from n6studio.ui.widgets.parts import button, label


class EmptyView(QWidget):
    """The drawing, a sentence, and the ways to an image."""

    def __init__(self, context: Context, virtual: Callable[[], object], recording: Callable[[], object]) -> None:
        super().__init__()
        self._context = context
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        layout.addStretch(2)
        self.title = label("No board connected", TextRole.TITLE)
        self.title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self.title)
        self.hint = label(role=TextRole.MUTED)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self.hint)
        self.drawing = BoardDrawing(cables=True)
        layout.addWidget(self.drawing, 0, Qt.AlignmentFlag.AlignHCenter)
        row = QHBoxLayout()
        row.addStretch(1)
        self.virtual = button("Use the virtual board", virtual, tip=texts.VIRTUAL_TIP)
        self.recording = button("Open recording…", recording)
        row.addWidget(self.virtual)
        row.addWidget(self.recording)
        row.addStretch(1)
        layout.addLayout(row)
        layout.addStretch(3)
        context.project_changed.connect(self._choose_board)
        self._choose_board()

    def _choose_board(self) -> None:
        """Show the project's board, where it is one that sends video by cable, else the first one that is."""
        project = self._context.project
        settings = project.settings_of(DEPLOY) if project is not None else DeploySettings()
        with_video = [one for one in vendor_boards() if one.video_connector is not None]
        chosen = [one for one in with_video if one.key == settings.board] or with_video
        if chosen:
            self.show_board(chosen[0])

    def show_board(self, board: Board) -> None:
        """Show which cable of a board carries the image."""
        self.drawing.show_board(board)
        probe, video = board.probe_connector, board.video_connector
        second = texts.plug_in(probe.marking)
        if video is not None and video != probe:
            second = texts.plug_in_video(video.marking, probe.marking)
        self.hint.setText(f"{second}\n{texts.WHO_SENDS}\n{texts.SOURCES_LISTED}")
