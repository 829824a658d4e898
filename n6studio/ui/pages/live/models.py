"""Which models there are for the live page, which one runs here, and which one the board should be running."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from n6studio.domain.errors.base import StudioError
from n6studio.domain.pose.preprocess import Resize
from n6studio.domain.project import Project
from n6studio.engine.project.models import (
    DEMO_NAME,
    ProjectModel,
    carried_model,
    model_id_of,
    project_models,
    sample_model,
)
from n6studio.link.processes.host_model import HOST_LOG, HostModel
from n6studio.link.session.session import LiveFrame
from n6studio.stages.evaluate.stage import EVALUATE
from n6studio.stages.export.stage import EXPORT
from n6studio.stages.quantize.stage import QUANTIZE
from n6studio.system.logs import log_file
from n6studio.ui.background import Latest, run_in_background
from n6studio.ui.context import Context
from n6studio.ui.pages.live.controller import LiveController
from n6studio.ui.pages.live.source_bar import SourceBar


class Models(QObject):
    """Fills the list of models and follows what is chosen. Lives on the GUI thread.

    Signals:
        changed: `known` or `chosen` changed.
    """

    changed = Signal()
    _gave_up = Signal(object, object)

    def __init__(self, context: Context, controller: LiveController, bar: SourceBar) -> None:
        super().__init__(bar)
        self._context, self._controller, self._bar = context, controller, bar
        self.known: tuple[ProjectModel, ...] = ()
        self._extra: dict[str, str] = {}  # path -> name of files that the user chose
        self._models: dict[str, Path] = {}  # what boards call them -> files that the user chose
        self._of: Path | None = None
        self._looks = Latest(self)
        self._all = False
        self.average = True  # models that run here average keypoints; read from other threads, too
        self.broken: Path | None = None  # what could not be run, so that it is not tried again and again
        self._gave_up.connect(self._given_up)
        bar.model_chosen.connect(self.choose)
        context.project_opened.connect(self._other_project)
        context.result_changed.connect(self._result_changed)
        self._other_project()

    @property
    def chosen(self) -> Path | None:
        """The model that is chosen for images without results, and for the virtual board."""
        path = self._bar.model()
        return Path(path) if path else None

    def is_demo(self, model: str) -> bool:
        """Whether a board's id for a model means the carried demo model; '' means the one that is chosen."""
        demo = next((one for one in self.known if one.name == DEMO_NAME), None)
        return demo is not None and (model == demo.model if model else self.chosen == demo.path)

    def name_of(self, model: str) -> str:
        """Return which model a board's id for it means: "run 3f21aa of this project"."""
        found = next((one.name for one in self.known if one.model == model), None)
        if found is None and model in self._models:
            found = self._models[model].name
        return found or (f"unknown file {model[:8]}…" if model else "")

    def path_of(self, model: str) -> Path | None:
        """Return the file of the model that a board's id means."""
        found = next((one.path for one in self.known if one.model == model), None)
        return found or self._models.get(model)

    def add(self, path: Path) -> None:
        """Add a file that the user has chosen, and choose it."""
        self._extra[str(path)] = path.name
        self._fill(str(path))
        self.choose(str(path))
        run_in_background(self, lambda: model_id_of(path), lambda model: self._name(model, path), self._not_found)

    def _name(self, model: str, path: Path) -> None:
        self._models[model] = path
        self.changed.emit()

    def choose(self, path: str) -> None:
        """Let this model look at images without results; "" for none."""
        self.broken = None
        if self._controller.host is not None:
            self._controller.use_model(self.host(Path(path)) if path else None)
        self.changed.emit()

    def serve(self, image: LiveFrame) -> None:
        """Start the model that is chosen when the first image comes that needs it."""
        chosen = self.chosen
        if chosen is None or chosen == self.broken or self._controller.host is not None:
            return
        if image.frame.results is None or self._all:
            self._controller.use_model(self.host(chosen))

    def set_all(self, wanted: bool) -> None:
        """Let the model look at all images, or only at those without results."""
        self._all = wanted
        self._controller.annotate_all(wanted)

    def for_board(self) -> Path | None:
        """Return what a virtual board shall run: the model that is chosen, else the project's newest int8 one."""
        return self.chosen or next((each.path for each in self.known if each.quantized), None)

    def host(self, path: Path, average: bool | None = None) -> HostModel:
        """Return a model that runs here; the caller closes it. It averages keypoints as the board does, if not told."""
        log = log_file(HOST_LOG)

        def averages() -> bool:
            return self.average if average is None else average

        return HostModel(path, self._resize(), log, lambda error: self._gave_up.emit(path, error), averages)

    def _given_up(self, path: Path, error: StudioError) -> None:
        host = self._controller.host
        if host is not None and host.model == path:
            self.broken = path
            self._controller.use_model(None)
        self._controller.failed.emit(error)

    def _resize(self) -> Resize:
        project = self._context.project
        return Resize(project.settings_of(EVALUATE).resize) if project is not None else Resize.LETTERBOX

    # --- the project's

    def _other_project(self) -> None:
        project = self._context.project
        self._of = project.folder if project is not None else None
        self.known = ()
        self._controller.expect("")
        self._fill("")
        self.choose("")
        self._look()

    def _result_changed(self, stage: str) -> None:
        if stage in (EXPORT.name, QUANTIZE.name, EVALUATE.name):
            self._look()

    def _look(self) -> None:
        project = self._context.project

        def find() -> tuple[ProjectModel, ...]:
            own = project_models(project) if project is not None else sample_model()
            return (*own, *carried_model())

        self._looks.ask(find, lambda known: self._found(project, known), self._not_found)

    def _found(self, project: Project | None, known: tuple[ProjectModel, ...]) -> None:
        if (project.folder if project is not None else None) == self._of:
            self.known = known
            self._controller.expect(next((model.model for model in known if model.evaluated), ""))
            self._fill(self._bar.model())
            self.changed.emit()

    def _not_found(self, error: Exception) -> None:
        if not isinstance(error, StudioError):
            raise error
        self._controller.failed.emit(error)

    def _fill(self, chosen: str) -> None:
        own = {str(model.path): model.name for model in self.known}
        self._bar.show_models(list({**self._extra, **own}.items()), chosen)
