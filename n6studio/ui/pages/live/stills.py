"""What was kept of the live view: snapshots, worst cases and calibration frames, to filter, tag and pass on."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from n6studio.domain.encoding import decoded
from n6studio.domain.pose.people import ImageFractions, People
from n6studio.domain.project import Project
from n6studio.domain.texts import counted
from n6studio.engine.project.calibration_set import Added, add_images
from n6studio.engine.project.frame_files import CALIBRATION, WORST
from n6studio.engine.project.tags import give_tags, read_tags
from n6studio.gates.files import LARGEST_TEXT, read_bytes
from n6studio.ui.background import run_in_background
from n6studio.ui.context import Context
from n6studio.ui.opening import open_with_system
from n6studio.ui.pages.live import texts
from n6studio.ui.pages.live.captures import live_folder
from n6studio.ui.widgets.filter_bar import FilterBar
from n6studio.ui.widgets.gallery import Entry, Gallery, GalleryView
from n6studio.ui.widgets.gallery_people import drawn_people
from n6studio.ui.widgets.image_filter import Filter, NoFilter, Number, Vocabulary, one_of, parsed
from n6studio.ui.widgets.parts import button

SETS = ("snapshot", "worst", "calibration")
VIEWS = (
    ("All frames", ""),
    ("Snapshots", "in:snapshot"),
    ("Worst cases", "in:worst"),
    ("Calibration frames", "in:calibration"),
    ("Nobody found", "people=0"),
    ("Low confidence", "conf=..0.5"),
)
EXAMPLE = "people>2 conf=..0.5 tag:dark"
_UNIT = (1, 1)  # people are in fractions of the frame


class _Person(msgspec.Struct):
    score: float
    keypoints: list[tuple[float, float, float]]


class _Results(msgspec.Struct):
    people: list[_Person] = []


class _Facts(msgspec.Struct):
    width: int = 0
    height: int = 0
    results: _Results | None = None


@dataclass(frozen=True, eq=False)
class Still:
    """A frame that was kept.

    Attributes:
        path: of the image.
        kind: one of `SETS`.
        size: (width, height) in pixels; zeros where nothing is known.
        people: who was found in it; None where that was not kept.
    """

    path: Path
    kind: str
    size: tuple[int, int] = (0, 0)
    people: People[ImageFractions] | None = None


WORDS: Vocabulary[Still] = Vocabulary(
    path=lambda still: still.path,
    name=lambda still: still.path.name,
    numbers={
        "people": Number("people found", lambda one: None if one.people is None else float(len(one.people))),
        "conf": Number("highest confidence", lambda one: max(_scores(one), default=None), lambda one: _scores(one)),
        "width": Number("width of the frame, pixels", lambda one: float(one.size[0]) or None),
        "height": Number("height of the frame, pixels", lambda one: float(one.size[1]) or None),
    },
    kinds={"in": one_of(SETS, "set of frames", lambda still, kind: still.kind == kind)},
)


def _scores(still: Still) -> tuple[float, ...]:
    return () if still.people is None else tuple(map(float, still.people.confidences))


def find_stills(live: Path, project: Project | None) -> tuple[Still, ...]:
    """Return the frames that were kept, the latest first.

    Args:
        live: folder of snapshots.
        project: whose worst cases and calibration frames are shown, too.
    """
    found = [("snapshot", one) for one in live.glob("snapshot-*.png") if not one.stem.endswith("-drawn")]
    if project is not None:
        calibration = project.calibration or project.folder / CALIBRATION
        for kind, folder in (("worst", project.folder / WORST), ("calibration", calibration)):
            found += [(kind, one) for one in folder.glob("live-*.jpg")]
    return tuple(_still(kind, path) for kind, path in sorted(found, key=lambda one: one[1].name[-30:], reverse=True))


def _still(kind: str, path: Path) -> Still:
    try:
        facts = decoded(read_bytes(path.with_suffix(".json"), LARGEST_TEXT), _Facts)
    except (OSError, msgspec.MsgspecError):
        return Still(path, kind)
    size = facts.width, facts.height
    if facts.results is None:
        return Still(path, kind, size)
    people = facts.results.people
    most = max((len(one.keypoints) for one in people), default=0)
    if any(len(one.keypoints) != most for one in people):
        return Still(path, kind, size)
    keypoints = np.array([one.keypoints for one in people], np.float32).reshape(len(people), most, 3)
    scores = np.array([one.score for one in people], np.float32)
    return Still(path, kind, size, People(np.zeros((len(people), 4), np.float32), scores, keypoints))


class StillsDialog(QDialog):
    """A gallery of what was kept. Files are read in the background."""

    def __init__(self, context: Context, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(texts.STILLS)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._context = context
        self._stills: tuple[Still, ...] = ()
        self._tags: dict[Path, tuple[str, ...]] = {}
        self._filter: Filter[Still] = parsed("", WORDS)
        self.filter = FilterBar(context, "stills", VIEWS, EXAMPLE, wide=True)
        self.filter.explain(WORDS.help())
        self.filter.changed.connect(self._filter_by)
        self.filter.tags_wanted.connect(self.tag)
        self.gallery = Gallery(self)
        self.view = GalleryView(self.gallery)
        self.view.setAccessibleName("Kept frames, the latest first")
        self.view.setSelectionMode(GalleryView.SelectionMode.ExtendedSelection)
        self.calibrate = button("Add to calibration set", self.add_to_calibration)
        folder = button("Open folder", lambda: open_with_system(self, live_folder(context), context.notice.emit))
        close = button("Close", self.close)
        row = QHBoxLayout()
        row.addWidget(self.calibrate)
        row.addWidget(folder)
        row.addStretch(1)
        row.addWidget(close)
        layout = QVBoxLayout(self)
        layout.addWidget(self.filter)
        layout.addWidget(self.view, 1)
        layout.addLayout(row)
        self.resize(parent.window().size() * 0.8)
        self.view.selectionModel().selectionChanged.connect(lambda *_: self._show_abilities())
        self._show_abilities()
        live, project = live_folder(context), context.project
        run_in_background(self, lambda: _found(live, project), self._take, lambda _: None)

    def _take(self, found: tuple[tuple[Still, ...], dict[Path, tuple[str, ...]]]) -> None:
        self._stills, self._tags = found
        skeleton = self._context.skeleton()
        if skeleton is not None:
            known: Mapping[Path, tuple[tuple[int, int], People[ImageFractions]]] = {
                one.path: (_UNIT, one.people)
                for one in self._stills
                if one.people is not None and one.people.keypoints.shape[1] == len(skeleton)
            }
            self.gallery.draw_with(lambda path, image: drawn_people(skeleton, known, path, image))
        self._show()

    def _filter_by(self, text: str) -> None:
        try:
            self._filter = parsed(text, WORDS)
        except NoFilter as problem:
            self.filter.show_problem(str(problem))
            return
        self._show()

    def _show(self) -> None:
        shown = [one for one in self._stills if self._filter.accepts(one, self._tags)]
        self.gallery.set_entries([Entry(one.path, self._caption(one), place) for place, one in enumerate(shown)])
        self._show_abilities()
        if self._stills:
            self.filter.show_count(len(shown), len(self._stills))
        else:
            self.filter.show_note(texts.NO_STILLS)

    def _show_abilities(self) -> None:
        """Enable what can be done with the selected frames."""
        able = self._context.project is not None and self.view.selectionModel().hasSelection()
        self.calibrate.setEnabled(able)
        self.filter.tag.setEnabled(able)

    def _caption(self, still: Still) -> str:
        people = "" if still.people is None else f", {counted(len(still.people), 'person', 'people')}"
        return f"{still.kind}{people}" + "".join(f" #{tag}" for tag in self._tags.get(still.path, ()))

    def chosen(self) -> tuple[Path, ...]:
        """Return the files that are selected."""
        rows = sorted(index.row() for index in self.view.selectionModel().selectedIndexes())
        return tuple(self.gallery.entry(row).path for row in rows)

    def tag(self, text: str) -> None:
        """Give tags to the selected frames; an empty text takes them away."""
        project, chosen = self._context.project, self.chosen()
        if project is not None and chosen:
            run_in_background(
                self, lambda: give_tags(project.folder, chosen, text), self._take_tags, self.filter.show_failure
            )

    def _take_tags(self, tags: dict[Path, tuple[str, ...]]) -> None:
        self._tags = tags
        self._show()

    def add_to_calibration(self) -> None:
        """Copy the selected frames to the calibration set."""
        project, chosen = self._context.project, self.chosen()
        if project is not None and project.calibration_lock is not None:
            self._context.notice.emit(texts.STILLS_LOCKED)
        elif project is not None and chosen:
            run_in_background(
                self,
                lambda: add_images(project, chosen),
                self._added,
                self.filter.show_failure,
            )

    def _added(self, added: Added) -> None:
        self._context.change_project(calibration=added.calibration)
        self._context.project_changed.emit()  # the folder's contents changed, whatever its name
        self._context.notice.emit(f"{counted(len(added.copied), 'frame')} added to the calibration set")


def _found(live: Path, project: Project | None) -> tuple[tuple[Still, ...], dict[Path, tuple[str, ...]]]:
    return find_stills(live, project), read_tags(project.folder) if project is not None else {}
