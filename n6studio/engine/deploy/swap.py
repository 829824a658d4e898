"""Another model into an application that is built already: only the model is compiled, only its weights are written.

ST's pose applications are linked with the code that the compiler makes for a model. That code depends on the shape of
the model and on some of its scales; where it comes out the same as for the model that the application was built with,
apart from names and dates, the application need not be built again: the weights alone make the difference. Where it
does not, the swap is refused before anything is written. Where the application has the live stream, the id that it
tells is written into the program, too. An application that installs relocatable models, as ST Edge AI
Core 3.0 and later can make them, would need no such agreement; none of ST's pose applications does.
"""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from n6studio.board.application.live.model_card import NoModelCard, with_model
from n6studio.board.application.recognise import Application
from n6studio.domain.deploy import Role, Step
from n6studio.domain.errors.deploy import ModelSwapRefused
from n6studio.domain.messages import StepFresh
from n6studio.domain.results import StageResult
from n6studio.domain.settings import Setting, changed_settings
from n6studio.domain.texts import listed
from n6studio.engine.deploy.making import Part
from n6studio.engine.deploy.order import DeployOrder
from n6studio.engine.deploy.proof import Expected
from n6studio.engine.deploy.reach import runs_our_code
from n6studio.engine.deploy.st import Linked, StMaking
from n6studio.engine.jobs.hashing import HashCache, input_of
from n6studio.engine.jobs.run import load_result
from n6studio.gates.files import read_bytes, read_text
from n6studio.gates.inside import inside
from n6studio.stages.deploy.figures import BuiltApplication, DeployFigures
from n6studio.stages.deploy.stage import DEPLOY, DeploySettings

# Settings that change nothing in the application: how its tools and its board are reached.
ON_THE_WAY = ("compiler", "programmer", "signing_tool", "gcc", "make", "serial", "verify_only", "virtual_folder")
_CODE = (".c", ".h")
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_TEXT = re.compile(r'"(?:[^"\\\n]|\\.)*"')
# Of `stai_network.h`: what the model is called and when it was made, which computes nothing.
_NAMING = re.compile(r"^\s*#\s*define\s+\w*(?:SIGNATURE|DATETIME|DATE|TIME|HASH|MODEL_NAME)\w*[^\n]*$", re.MULTILINE)
_RELOCATABLE = re.compile(r"\bll_aton_reloc_install\s*\(")
_FORGOTTEN = "how its application was built is no longer known here"
_NO_CARD = (
    "its live stream would go on telling the id of the model that it was built with, as an earlier release built it; "
    "deploy once in full"
)
_LARGEST = 64 << 20  # bytes of a source file that are read


class SwapMaking(StMaking):
    """Compiles the model, and takes the application from the latest deployment in the same folder."""

    def _require_toolchain(self) -> None:
        """Nothing is built, so no tool chain is needed."""
        self.earlier = latest_deployment(self.order, self.sources, self.hashes)
        self._require_same_shape()

    def compile(self) -> None:
        """Compile the model, and refuse it where the application was built with other code.

        Raises:
            ModelSwapRefused: it was.
        """
        super().compile()
        if self.order.settings.live_stream:
            self._require_card()
        weights = next(image for image in self.earlier.figures.images if image.role == Role.WEIGHTS)
        if int(weights.address, 16) != self._compiled.report.weights_address:
            raise self._refused("the weights of this model belong at another address")
        before, now = self._built_from(), _sources(self.results[Step.COMPILE].outputs.values())
        other = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
        if other:
            raise self._refused(
                f"the code that the application is linked with comes out differently for this model ({listed(other)})"
            )

    def build(self) -> None:
        """Take the application of the latest deployment."""
        built = self.earlier.figures.application
        self.application = BuiltApplication(built.name, built.size, built.changes)
        self.talk.on_message(StepFresh(Step.BUILD))

    def header(self) -> None:
        """Let the live stream tell the other model, where there is one; otherwise the application has its header."""
        if self.order.settings.live_stream:
            self.sign(self._program(), self._model())
        else:
            self.talk.on_message(StepFresh(Step.HEADER))

    def signed_application(self) -> Path:  # noqa: D102
        made = self.results.get(Step.HEADER)
        return made.outputs["application"] if made is not None else self._earlier_application()

    def _earlier_application(self) -> Path:
        return Path(next(image.path for image in self.earlier.figures.images if image.role == Role.APPLICATION))

    def _model(self) -> tuple[str, str]:
        return self.hashed(self.order.model)[0].sha256, self.order.model.name

    def _require_card(self) -> None:
        try:
            with_model(read_bytes(self._program()), *self._model())
        except OSError:
            raise self._refused(_FORGOTTEN) from None
        except NoModelCard:
            raise self._refused(_NO_CARD) from None

    def expected(self) -> Expected:
        """Return what the application shows; it goes on naming the model that it was built with."""
        shown = super().expected()
        return Expected(banner=shown.banner, video=shown.video, stream=shown.stream)

    def _require_same_shape(self) -> None:
        if self.earlier.figures.model.input_size != self.facts.input_size:
            raise self._refused("this model has another input size")
        built_with = self._built().request.settings.get("config")
        if not isinstance(built_with, dict):
            raise self._refused(_FORGOTTEN)
        now = {**self.config_values(), "name": built_with.get("name")}
        if json.dumps(now, sort_keys=True) != json.dumps(built_with, sort_keys=True):
            raise self._refused("keypoints, skeleton or classes of this model are not those of the application")

    def _program(self) -> Path:
        """Return the program that the application of the latest deployment is, as it was linked."""
        header = load_result(Part("deploy-header", dict), self._earlier_application().parent)
        programs = header.request.inputs.get("program", ()) if header is not None and not header.from_elsewhere else ()
        below = self.order.folder
        if not programs or not Path(programs[0].path).is_relative_to(below):
            raise self._refused(_FORGOTTEN)
        program = inside(below, Path(programs[0].path).relative_to(below).as_posix(), below)
        if not program.is_file() or input_of(program, self.hashes).sha256 != programs[0].sha256:
            raise self._refused(_FORGOTTEN)
        return program

    def _built(self) -> StageResult[Linked]:
        """Return the result of the application's build; the latest deployment may have been a swap itself."""
        folder = self._program().parent
        built = load_result(Part("deploy-build", Linked), folder)
        if built is None or built.from_elsewhere:
            raise self._refused(_FORGOTTEN)
        return built

    def _built_from(self) -> dict[str, str]:
        """Return what of the code that the application was linked with computes something, by the files' names."""
        files = self._built().request.inputs.get("sources", ())
        paths = [Path(one.path) for one in files]
        if not files or not all(path.is_file() for path in paths):
            raise self._refused(_FORGOTTEN)
        if any(input_of(path, self.hashes).sha256 != one.sha256 for path, one in zip(paths, files, strict=True)):
            raise self._refused(_FORGOTTEN)
        return _sources(paths)

    def _refused(self, reason: str) -> ModelSwapRefused:
        return _refused(self.order, reason)


def _refused(order: DeployOrder, reason: str) -> ModelSwapRefused:
    return ModelSwapRefused(model=order.model.name, board=order.board.name, reason=reason)


def latest_deployment(order: DeployOrder, sources: Application, hashes: HashCache) -> StageResult[DeployFigures]:
    """Return the latest deployment to the same board in the order's folder, whose application can be used again.

    Raises:
        ModelSwapRefused: there is none, it is another's, its images are gone or changed, or settings changed since.
    """
    if installs_relocatable(sources.root):
        raise _refused(
            order, "this application installs relocatable models; where it looks for them its sources do not tell"
        )
    found = [one for one in _deployments(order) if one.request.settings.get("board") == order.settings.board]
    if not found:
        raise _refused(order, "no deployment to this board lies in this folder")
    last = max(found, key=lambda one: one.finished)
    if last.from_elsewhere:
        raise _refused(order, "the latest deployment was made on another computer or by another user")
    changed = [one.noun for one, _then, _now in changes(order.settings, last.request.settings)]
    if changed:
        raise _refused(order, f"settings of the application changed since: {listed(changed)}")
    for image in last.figures.images:
        path = Path(image.path)
        if image.role != Role.APPLICATION:
            continue  # the boot loader is taken from the application's sources again
        if not path.is_file() or input_of(path, hashes).sha256 != image.sha256:
            raise _refused(order, f"the {image.noun} of the latest deployment is gone or was changed")
    return last


def changes(settings: DeploySettings, recorded: Mapping[str, Any]) -> list[tuple[Setting, Any, Any]]:
    """Return which settings that change what runs on the board a deployment recorded otherwise; see `changed_settings`.

    Whether keypoints are averaged is one only where our own code finds the people.
    """
    nothing = ON_THE_WAY if runs_our_code(settings) else (*ON_THE_WAY, "average")
    return [one for one in changed_settings(settings, recorded) if one[0].name not in nothing]


def _deployments(order: DeployOrder) -> list[StageResult[DeployFigures]]:
    below = inside(order.folder, f"runs/{DEPLOY.name}", order.folder)
    results = (load_result(DEPLOY, folder) for folder in below.glob("*") if folder.is_dir())
    return [one for one in results if one is not None and one.figures.programmed is not None]


def installs_relocatable(root: Path) -> bool:
    """Return whether an application loads its model at run time instead of being linked with it."""
    places = (root / "Src", *(folder / "Src" for folder in sorted(root.glob("Application/*"))))
    return any(_RELOCATABLE.search(_read(path)) for place in places for path in sorted(place.glob("*.c")))


def _read(path: Path) -> str:
    try:
        return read_text(path, _LARGEST, errors="replace")
    except OSError:
        return ""


def _sources(paths: Iterable[Path]) -> dict[str, str]:
    return {path.name: essence(_read(path)) for path in paths if path.suffix in _CODE and path.is_file()}


def essence(code: str) -> str:
    """Return what of C code computes: without comments, names and dates of models, and white space."""
    bare = _NAMING.sub("", _COMMENT.sub(" ", code))
    return " ".join(_TEXT.sub('""', bare).split())
