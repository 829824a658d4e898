"""An evaluation on a cluster: its images are cut into parts here, run there, and judged together here.

The figures are computed from the same records in the same order as on one computer, and so are the same.
"""

import contextlib
import hashlib
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from n6studio.domain.errors.base import InputError
from n6studio.domain.messages import JobMessage, Progressed, StepBegan, Warned
from n6studio.domain.requests import InputFile, StageRequest
from n6studio.domain.results import AnyResult, StageResult
from n6studio.domain.settings import from_recorded
from n6studio.domain.stage import Stage
from n6studio.engine.cluster.cluster import Cluster, sent_as
from n6studio.engine.cluster.job import Sent
from n6studio.engine.jobs.child import MessageSink
from n6studio.engine.jobs.hashing import HashCache, input_of
from n6studio.engine.jobs.run import find_fresh, make_request, run_stage, stopping
from n6studio.stages.evaluate.stage import EVALUATE, EvaluateSettings
from n6studio.stages.evaluate_part.stage import EVALUATE_PART, of_part
from n6studio.stages.evaluate_split.stage import EVALUATE_SPLIT, cut

F = TypeVar("F")

_PART = 64  # images at most: some seconds of a worker, so that little is lost with one
_FOLDER = "parts"


@dataclass(frozen=True)
class ClusterRunner:
    """Runs stages on a cluster: an evaluation in parts, whatever else may as a whole, and the rest here.

    Attributes:
        cluster: connected.
    """

    cluster: Cluster

    def __call__(
        self,
        stage: Stage[Any, F],
        request: StageRequest,
        folder: Path,
        on_message: MessageSink,
        cancel: threading.Event,
        hashes: HashCache | None = None,
        force: bool = False,
    ) -> StageResult[F]:
        """Run a stage into `folder` unless its result is already there; return the result."""
        cache = hashes or HashCache()
        if stage.name != EVALUATE.name or "board" in request.inputs:
            return self.cluster.run_stage(stage, request, folder, on_message, cancel, cache, force)
        with stopping(cancel, stage.name):
            if not force and (known := find_fresh(stage, request, folder.absolute(), cache)):
                return known
        kept = folder.absolute() / _FOLDER
        found = _Parts(self.cluster, request, kept, on_message, cancel, cache, force).run()
        result = run_stage(stage, request, folder, on_message, cancel, cache, force, beside={"parts": found})
        shutil.rmtree(kept, ignore_errors=True)  # until here they let an evaluation that was stopped go on
        return result


@dataclass(frozen=True)
class _Parts:
    """One evaluation's images on a cluster."""

    cluster: Cluster
    request: StageRequest
    folder: Path
    on_message: MessageSink
    cancel: threading.Event
    hashes: HashCache
    force: bool

    def run(self) -> tuple[InputFile, ...]:
        """Return what came of every part, in order."""
        workers = self.cluster.workers.require()
        split = self._split()
        images = split.figures.images
        total = sum(map(len, images))
        self.on_message(StepBegan("run the models on the cluster", 1, 1))
        self.on_message(Progressed(0, total, "images"))
        with ThreadPoolExecutor(max(1, min(len(images), 2 * workers)), thread_name_prefix="part") as pool:
            running = [pool.submit(self._part, split, place) for place in range(len(images))]
            sizes = dict(zip(running, map(len, images), strict=True))
            done = 0
            try:
                for future in as_completed(running):  # in whichever order: one may lie on a worker that sleeps
                    future.result()
                    done += sizes[future]
                    self.on_message(Progressed(done, total, "images"))
            except BaseException:
                self.cancel.set()
                pool.shutdown(cancel_futures=True)
                raise
        return tuple(future.result() for future in running)

    def _split(self) -> AnyResult:
        """Cut the images into parts, on this computer: labels may lead to images anywhere."""
        settings = from_recorded(EvaluateSettings, self.request.settings)
        request = make_request(EVALUATE_SPLIT, cut(settings, _PART), self.request.inputs)
        return run_stage(EVALUATE_SPLIT, request, self.folder, self._quietly, self.cancel, self.hashes, self.force)

    def _quietly(self, message: JobMessage) -> None:
        """Pass on progress; what is to be warned of, the evaluation itself tells."""
        if not isinstance(message, Warned):
            self.on_message(message)

    def _part(self, split: AnyResult, place: int) -> InputFile:
        """Return what came of a part."""
        with stopping(self.cancel, EVALUATE.name):
            sources: dict[str, Path] = {}
            names: list[tuple[str, str]] = []
            for number, path in enumerate(map(Path, split.figures.images[place])):
                with contextlib.suppress(InputError):  # one that cannot be read is left out by the worker as well
                    digest = self.hashes.file(path)
                    sources[digest] = path
                    names.append((f"{number:06d}{path.suffix}", digest))
            named = tuple(names)
            part = input_of(split.outputs[f"part{place}"], self.hashes)
            images = Sent(str(self.folder / "images"), "images", _digest(named), True, named)
            inputs = {
                **{role: files for role, files in self.request.inputs.items() if role in ("models", "sources")},
                "part": (part,),
                "images": (InputFile(images.path, images.sha256),),
            }
            settings = of_part(from_recorded(EvaluateSettings, self.request.settings))
            request = make_request(EVALUATE_PART, settings, inputs)
            sent = {role: sent_as(files, self.hashes) for role, files in inputs.items() if role != "images"}
            result = self.cluster.run_sent(
                EVALUATE_PART,
                request,
                {**sent, "images": (images,)},
                self.folder / f"{place:04d}",
                self.cancel,
                self.hashes,
                self.force,
                sources,
            )
            return input_of(result.outputs["records"], self.hashes)


def _digest(named: tuple[tuple[str, str], ...]) -> str:
    """Return one digest over the names and contents of images."""
    return hashlib.sha256("".join(f"{name}\0{digest}\n" for name, digest in named).encode()).hexdigest()
