"""The card on which the keypoints are named, paired, joined and given their sigmas."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QMenu

from n6studio.domain.errors.advice import advice
from n6studio.domain.errors.base import StudioError
from n6studio.domain.model.facts import ModelFacts
from n6studio.domain.pose import skeleton_edits as edits
from n6studio.domain.pose.skeleton import COCO, Skeleton, generic
from n6studio.engine.project.skeletons import read_skeleton, write_skeleton
from n6studio.ui.background import run_in_background
from n6studio.ui.context import Context
from n6studio.ui.error_report import expected
from n6studio.ui.pages.import_ import texts
from n6studio.ui.pages.import_.texts import misfit_note, sigma_note
from n6studio.ui.theme import TextRole
from n6studio.ui.widgets.error_card import ErrorCard
from n6studio.ui.widgets.flow import Flow
from n6studio.ui.widgets.keypoint_table import KeypointTable
from n6studio.ui.widgets.parts import Card, button, in_a_row, label, set_role
from n6studio.ui.widgets.skeleton_view import SkeletonView

_YAML = "YAML (*.yaml *.yml)"


class SkeletonCard(Card):
    """Edits `Project.skeleton`; holds nothing of its own but what can be undone."""

    def __init__(self, context: Context) -> None:
        super().__init__("Keypoints")
        self.context = context
        self._past: list[Skeleton | None] = []
        self._future: list[Skeleton | None] = []
        self._names: tuple[str, ...] = ()  # what the checkpoint calls the keypoints, if it does
        self.note = label()
        self.problem = label(role=TextRole.BAD, select=True)
        self.problem.hide()
        self.card = ErrorCard()
        self.table, self.figure = KeypointTable(), SkeletonView()
        self.known = QCheckBox("Sigmas are measured")
        self.known.setToolTip(texts.SIGMAS_TIP)
        self._make_buttons()
        self._lay_out()
        self.setAcceptDrops(True)
        self.table.edited.connect(self.change)
        self.table.refused.connect(self._refuse)
        self.figure.edge_wanted.connect(self._toggle_edge)
        self.known.clicked.connect(self._set_known)
        context.project_opened.connect(self._forget)

    def _make_buttons(self) -> None:
        self.undo_button = button("Undo", self.undo, tip="Undo the last change (Ctrl+Z)")
        self.redo_button = button("Redo", self.redo, tip="Redo the undone change (Ctrl+Shift+Z)")
        self.stand_in = button("Use 1/K", self._use_stand_in, tip=texts.STAND_IN_TIP)
        self.fill = button("Fill in", lambda: None, tip="Fill the table from a template or a file")
        menu = QMenu(self.fill)
        self.choices: dict[str, QAction] = {}
        entries: tuple[tuple[str, str, Callable[[], object]], ...] = (
            ("coco", "COCO's person (17 keypoints)", lambda: self.change(COCO)),
            ("numbers", "Numbered keypoints", lambda: self.change(generic(len(self.skeleton)))),
            ("sides", texts.SIDES, self._by_name),
            ("import", "Load from YAML…", self.ask_for_yaml),
            ("export", "Save as YAML…", self.ask_where_to_save),
            ("reset", "Restore from the checkpoint", lambda: self.change(None)),
        )
        for key, text, run in entries:
            self.choices[key] = menu.addAction(text)
            self.choices[key].triggered.connect(lambda _=False, run=run: run())
        self.fill.setMenu(menu)
        for keys, run in (("Ctrl+Z", self.undo), ("Ctrl+Shift+Z", self.redo), ("Ctrl+Y", self.redo)):
            shortcut = QShortcut(QKeySequence(keys), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(run)

    def _lay_out(self) -> None:
        row = Flow(spacing=6)
        row.addWidget(in_a_row(self.fill, self.stand_in, self.undo_button, self.redo_button, stretch=True))
        row.addWidget(self.known)
        inner = QHBoxLayout()
        inner.setSpacing(12)
        inner.addWidget(self.figure, 0, Qt.AlignmentFlag.AlignTop)
        inner.addWidget(self.table, 1, Qt.AlignmentFlag.AlignTop)
        self.body.addWidget(self.note)
        self.body.addLayout(row)
        self.body.addWidget(self.card)
        self.body.addWidget(self.problem)
        self.body.addLayout(inner)

    @property
    def skeleton(self) -> Skeleton:
        """What is shown."""
        return self.table.rows.skeleton

    def show_facts(self, facts: ModelFacts) -> None:
        """Show the skeleton of the model that `facts`, an inspection's figures, describe."""
        project, count = self.context.project, facts.keypoints or 0
        self.setVisible(bool(count))
        if project is None or not count:
            return
        self._names = facts.keypoint_names
        skeleton = project.skeleton_for(count, self._names)
        edited = project.skeleton
        misfit = edited is not None and len(edited) != count
        self.note.setText(misfit_note(len(edited), count) if edited is not None and misfit else sigma_note(skeleton))
        set_role(self.note, TextRole.BAD if misfit else TextRole.MUTED if skeleton.sigmas_known else TextRole.WARN)
        self.table.show_skeleton(skeleton)
        self.figure.show_skeleton(skeleton)
        self.known.setChecked(skeleton.sigmas_known)
        self.stand_in.setText(f"Use 1/{count}")
        self.stand_in.setEnabled(edits.without_sigmas(skeleton) != skeleton)
        self.choices["coco"].setEnabled(count == len(COCO))
        self.choices["reset"].setEnabled(edited is not None)
        self.undo_button.setEnabled(bool(self._past))
        self.redo_button.setEnabled(bool(self._future))

    # --- changes

    def change(self, skeleton: Skeleton | None) -> None:
        """Take another skeleton into the project; None for what the checkpoint says."""
        project = self.context.project
        if project is None:
            return
        self._clear()
        plain = dataclasses.replace(project, skeleton=None).skeleton_for(len(self.skeleton), self._names)
        if skeleton == plain:
            skeleton = None  # so that going back makes results fresh again
        if skeleton != project.skeleton:
            self._past.append(project.skeleton)
            self._future.clear()
            self.context.change_project(skeleton=skeleton)

    def undo(self) -> None:
        """Take the last change back."""
        self._step(self._past, self._future)

    def redo(self) -> None:
        """Make again what was taken back."""
        self._step(self._future, self._past)

    def _step(self, source: list[Skeleton | None], target: list[Skeleton | None]) -> None:
        project = self.context.project
        if project is not None and source:
            self._clear()
            target.append(project.skeleton)
            self.context.change_project(skeleton=source.pop())

    def _forget(self) -> None:
        self._past.clear()
        self._future.clear()
        self._clear()

    def _clear(self) -> None:
        self.problem.hide()
        self.card.clear()

    def _refuse(self, error: StudioError) -> None:
        shown = advice(error)
        self.problem.setText(f"{shown.title}. {shown.why}")
        self.problem.show()

    def _toggle_edge(self, first: int, second: int) -> None:
        self.change(edits.joined(self.skeleton, first, set(edits.joined_to(self.skeleton, first)) ^ {second}))

    def _set_known(self, known: bool) -> None:
        self.change(dataclasses.replace(self.skeleton, sigmas_known=known))

    def _use_stand_in(self) -> None:
        self.change(edits.without_sigmas(self.skeleton))

    def _by_name(self) -> None:
        self.change(edits.paired_by_name(self.skeleton))

    # --- files

    def ask_for_yaml(self) -> None:
        """Ask for a YAML and take the skeleton it describes."""
        self._ask("Load keypoints from", QFileDialog.FileMode.ExistingFile, self.take_yaml)

    def ask_where_to_save(self) -> None:
        """Ask for a file and write the skeleton there."""
        self._ask("Save keypoints as", QFileDialog.FileMode.AnyFile, self.save_yaml)

    def _ask(self, title: str, mode: QFileDialog.FileMode, take: Callable[[Path], None]) -> None:
        dialog = QFileDialog(self, title, "", _YAML)
        dialog.setFileMode(mode)
        dialog.setDefaultSuffix("yaml")
        if mode == QFileDialog.FileMode.AnyFile:
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.fileSelected.connect(lambda name: take(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def take_yaml(self, path: Path) -> None:
        """Take the skeleton that a YAML describes, of Ultralytics' form or ours."""
        count = len(self.skeleton)
        run_in_background(self, lambda: read_skeleton(path, count), self.change, lambda error: self._failed(error))

    def save_yaml(self, path: Path) -> None:
        """Write the skeleton to a file."""
        skeleton = self.skeleton
        run_in_background(
            self,
            lambda: write_skeleton(path, skeleton),
            lambda _: self.context.notice.emit(f"Keypoints saved to {path}"),
            lambda error: self._failed(error),
        )

    def _failed(self, error: Exception) -> None:
        self.problem.hide()
        self.card.show_error(expected(error, "keypoints"))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        """Accept a YAML; everything else is for the window."""
        event.setAccepted(_yaml_in(event) is not None)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        """Take the keypoints of a YAML."""
        path = _yaml_in(event)
        if path is not None:
            event.acceptProposedAction()
            self.take_yaml(path)


def _yaml_in(event: QDragEnterEvent | QDropEvent) -> Path | None:
    urls = event.mimeData().urls()
    path = Path(urls[0].toLocalFile()) if len(urls) == 1 and urls[0].isLocalFile() else None
    return path if path is not None and path.suffix.lower() in (".yaml", ".yml") else None
