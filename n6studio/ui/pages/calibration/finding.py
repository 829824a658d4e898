"""Which images of the grid are shown, and their tags: the filter, what it knows of them, what stands below them."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from n6studio.domain.calibration.facts import CalibrationFacts, ImageFacts
from n6studio.engine.project.tags import give_tags, read_tags
from n6studio.ui.background import run_in_background
from n6studio.ui.context import Context
from n6studio.ui.pages.calibration import texts
from n6studio.ui.pages.calibration.filtering import VIEWS, Known, vocabulary
from n6studio.ui.widgets.filter_bar import FilterBar
from n6studio.ui.widgets.image_filter import Filter, NoFilter, parsed
from n6studio.ui.widgets.thumbnail_grid import ThumbnailGrid


class GridFinding(QObject):
    """Filters and tags the images of a grid.

    Signals:
        changed: others are shown.
    """

    changed = Signal()

    def __init__(self, context: Context, grid: ThumbnailGrid) -> None:
        super().__init__(grid)
        self._context, self._images, self._grid = context, grid.images, grid
        self._folder = Path()
        self._facts: dict[str, ImageFacts] = {}
        self._tags: dict[Path, tuple[str, ...]] = {}
        self._words = vocabulary(None)
        self._filter: Filter[Known] = parsed("", self._words)
        self.bar = FilterBar(context, "calibration", VIEWS, "people>2 is:blurred tag:dark", wide=True)
        self.bar.explain(self._words.help())
        self.bar.changed.connect(self._filter_by)
        self.bar.tags_wanted.connect(self.tag)

    def show_folder(self, folder: Path) -> None:
        """Take the tags of this folder's images."""
        self._folder = folder
        project = self._context.project
        if project is not None:
            run_in_background(self, lambda: read_tags(project.folder), self._take_tags, lambda _: None)

    def show_facts(self, found: CalibrationFacts | None) -> None:
        """Know this of the images from now on."""
        self._facts = {one.name: one for one in found.images} if found is not None else {}
        self._words = vocabulary(found)
        self.bar.explain(self._words.help())
        self._note()
        if self.bar.line.text():
            self._filter_by(self.bar.line.text())

    def tag(self, text: str) -> None:
        """Give tags to the selected images; an empty text takes them away."""
        project, chosen = self._context.project, [self._folder / name for name in self._grid.selected()]
        if project is not None and chosen:
            run_in_background(
                self, lambda: give_tags(project.folder, chosen, text), self._take_tags, self.bar.show_failure
            )

    def _take_tags(self, tags: dict[Path, tuple[str, ...]]) -> None:
        self._tags = tags
        self._note()
        self._apply()

    def _note(self) -> None:
        """Say below each image which tags it has, and where else it is used."""
        notes: dict[str, list[str]] = {
            name: [texts.ALSO_EVALUATED] for name, facts in self._facts.items() if facts.evaluated
        }
        for path, tags in self._tags.items():
            if tags and path.is_relative_to(self._folder):
                notes.setdefault(path.relative_to(self._folder).as_posix(), []).extend(f"#{tag}" for tag in tags)
        self._images.set_notes({name: " ".join(parts) for name, parts in notes.items()})

    def _filter_by(self, text: str) -> None:
        try:
            self._filter = parsed(text, self._words)
        except NoFilter as problem:
            self.bar.show_problem(str(problem))
            return
        self.bar.show_problem("")
        self._apply()

    def _apply(self) -> None:
        folder, facts, tags, accepts = self._folder, self._facts, self._tags, self._filter.accepts
        if self._filter.terms:
            self._images.set_filter(
                lambda name, excluded: accepts(Known(folder / name, name, excluded, facts.get(name)), tags)
            )
        else:
            self._images.set_filter(None)
        self.changed.emit()
