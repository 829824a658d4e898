"""Comparing what is shown with a reference, frame by frame, and over a whole recording to tune the thresholds."""

import dataclasses
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.live import Frame, FrameResults, Timings
from n6studio.domain.metrics.tuning import (
    LEAST_CONFIDENCE,
    Curve,
    OperatingPoint,
    TwoViews,
    best,
    curve,
    curves,
    distances,
)
from n6studio.domain.pose.frames import fractions_of_image, pixels_of_image
from n6studio.domain.pose.people import ImagePixels, People
from n6studio.domain.pose.skeleton import Skeleton, for_keypoints
from n6studio.link.processes.host_model import HostModel
from n6studio.link.recording.comparing import Look, read_labels, recorded, seen_twice
from n6studio.link.recording.recording import read_recording
from n6studio.link.session.commands import CommandName
from n6studio.link.sources.base import Capability
from n6studio.ui.background import run_in_background
from n6studio.ui.context import Context
from n6studio.ui.pages.live import texts
from n6studio.ui.pages.live.compare_panel import LABELS, ComparePanel, Difference
from n6studio.ui.pages.live.controller import LiveController
from n6studio.ui.pages.live.dialogs import ask_for_source
from n6studio.ui.pages.live.image_view import ImageView
from n6studio.ui.pages.live.models import Models
from n6studio.ui.pages.live.replay import ReplayControl
from n6studio.ui.pages.live.shown import ShownFrame, shown

ANALYSIS = "live analysis"  # key of the work that is announced
_REFERENCE = (0.5, 0.5, 30)  # confidence, NMS IoU threshold and max detections of a model that is the reference
_CANDIDATES = (LEAST_CONFIDENCE, 1.0, 300)  # the same of one that is judged: nothing is suppressed yet
MOST = 10  # max detections of what is judged, as boards have it


@dataclass(frozen=True, eq=False)
class Analysis:
    """A recording that was looked at twice.

    Attributes:
        frames: all that both looked at.
        skeleton: names and sigmas of the keypoints.
        curves: one for each NMS IoU threshold.
        best: the thresholds that are proposed.
    """

    frames: tuple[TwoViews, ...]
    skeleton: Skeleton
    curves: tuple[Curve, ...]
    best: OperatingPoint


class Comparison(QObject):
    """Follows the compare panel. Lives on the GUI thread; models and files are asked from other threads.

    Args:
        context: of the window.
        controller: takes the thresholds over.
        models: which there are, and which is judged.
        replay: says which recording is open.
        panel: that is followed.
        views: of the image, and of the reference beside it.
        failed: is told what went wrong.
        withdrawn: is told when something that went wrong no longer matters.
    """

    progressed = Signal(int, int)

    def __init__(
        self,
        context: Context,
        controller: LiveController,
        models: Models,
        replay: ReplayControl,
        panel: ComparePanel,
        views: tuple[ImageView, ImageView],
        failed: Callable[[Exception], None],
        withdrawn: Callable[[Exception], None],
    ) -> None:
        super().__init__(panel)
        self._context, self._controller, self._models, self._replay = context, controller, models, replay
        self._panel, self._told, self._withdrawn = panel, failed, withdrawn
        self._problem: Exception | None = None  # with the reference that is chosen
        self._image, self._other = views
        self._labels: Path | None = None
        self._look: Look | None = None  # of the reference, where both are side by side
        self._host: HostModel | None = None  # that it asks
        self._asked: ShownFrame | None = None  # whose reference is being looked for
        self._waiting: ShownFrame | None = None  # the next
        self._wanted: tuple[float, float] | None = None  # thresholds for the next board
        self._stopped = threading.Event()  # set where nobody waits for the analysis any more
        self.analysis: Analysis | None = None
        models.changed.connect(self._fill)
        panel.reference_chosen.connect(self._restart)
        panel.labels_wanted.connect(lambda: ask_for_source(panel, "labels", self.use_labels))
        panel.side_toggled.connect(lambda _: self._restart())
        panel.analysis_wanted.connect(self.analyze)
        panel.cancelled.connect(lambda: self._stopped.set())
        panel.thresholds_changed.connect(self._show_point)
        panel.apply_wanted.connect(self._apply)
        self.progressed.connect(panel.show_progress)
        self._fill()

    def use_labels(self, path: Path) -> None:
        """Let a file with labels be the reference."""
        self._labels = path
        self._fill()
        self._panel.reference.setCurrentIndex(self._panel.reference.findData(f"{LABELS}{path}"))

    def source_opened(self) -> None:
        """Forget what was found out about another source."""
        self._stopped.set()
        self.analysis = None
        self._panel.clear()
        self._panel.side.setChecked(False)
        self._panel.here.setText("")
        self._send_wanted()

    def close_down(self) -> None:
        """End what runs."""
        self._stopped.set()
        self._let_go()

    def _failed(self, error: Exception) -> None:
        self._problem = error
        self._told(error)

    def _fill(self) -> None:
        self._panel.show_references([(str(model.path), model.name) for model in self._models.known], self._labels)

    # --- side by side

    def _restart(self) -> None:
        """Ask another reference, or none."""
        self._let_go()
        problem, self._problem = self._problem, None
        if problem is not None:
            self._withdrawn(problem)
        wanted = self._panel.side.isChecked()
        self._other.setVisible(wanted)
        self._other.show_frame(None)
        self._panel.here.setText("")
        if not wanted:
            return
        chosen = self._panel.chosen
        if chosen.startswith(LABELS):
            path = Path(chosen.removeprefix(LABELS))
            run_in_background(self, lambda: read_labels(path), lambda look: self._start(chosen, look), self._failed)
        elif chosen:
            self._host = self._models.host(Path(chosen))
            self._start(chosen, by_model(self._host, _REFERENCE))
        else:
            self._start(chosen, recorded)

    def _start(self, chosen: str, look: Look) -> None:
        if chosen == self._panel.chosen and self._panel.side.isChecked():
            self._look = look
            self._replay.show_again()

    def _let_go(self) -> None:
        host, self._host = self._host, None
        self._look = self._waiting = None
        if host is not None:
            run_in_background(self, host.close, lambda _: None)

    def show(self, frame: ShownFrame) -> None:
        """Look for the reference of a frame that is shown; while one is being asked, the newest waits."""
        if self._look is None:
            return
        if self._asked is not None:
            self._waiting = frame
            return
        look, live = self._look, frame.live.frame
        if self._panel.chosen.startswith(LABELS):
            if not self._replay.paused:  # which frame of the recording this is, is known of one that stands
                self._panel.here.setText(texts.PAUSE_FOR_LABELS)
                return
            live = dataclasses.replace(live, number=self._replay.here)
        self._asked = frame

        def failed(error: Exception) -> None:
            self._asked = None
            self._failed(error)

        run_in_background(self, lambda: look(live), lambda people: self._found(look, frame, people), failed)

    def _found(self, look: Look, frame: ShownFrame, people: People[ImagePixels] | None) -> None:
        self._asked = None
        if look is self._look:
            live = frame.live
            said = None if people is None else _as_results(live.frame, people, self._host is not None)
            self._other.set_options(self._image.options)
            self._other.set_skeleton(self._image.skeleton)
            self._other.show_frame(shown(dataclasses.replace(live, results=said)))
            self._panel.here.setText(self._difference(frame, people))
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self.show(waiting)

    def _difference(self, frame: ShownFrame, people: People[ImagePixels] | None) -> str:
        results = frame.results
        if people is None or results is None:
            return texts.NOTHING_TO_COMPARE
        ours = pixels_of_image(results.people, frame.live.frame.size)
        if len(ours) and len(people) and ours.keypoints.shape[1] != people.keypoints.shape[1]:
            return texts.OTHER_KEYPOINTS
        skeleton = self._skeleton(people.keypoints.shape[1])
        apart = distances([TwoViews(0, people, ours)], 1.0, 0.0, skeleton.sigmas, len(ours) or 1)
        if not np.isfinite(apart).any():
            return texts.nobody_in_both(len(ours), len(people))
        person, point = np.unravel_index(int(np.nanargmax(apart)), apart.shape)
        name, most = skeleton.names[int(point)], float(apart[person, point])
        return texts.difference_here(most, name, float(np.nanmean(apart)), len(apart), len(ours), len(people))

    def _skeleton(self, keypoints: int) -> Skeleton:
        known = self._context.skeleton()
        return known if known is not None and len(known) == keypoints else for_keypoints(max(1, keypoints))

    # --- the whole recording

    def analyze(self) -> None:
        """Look at every frame of the recording twice, in the background."""
        path = self._replay.path
        chosen, judged = self._panel.chosen, self._models.chosen
        if path is None:
            self._context.notice.emit(texts.NEEDS_RECORDING)
            return
        if (str(judged) if judged is not None else "") == chosen:
            self._context.notice.emit(texts.SAME_REFERENCE)
            return
        self._stopped.set()
        stopped = self._stopped = threading.Event()

        def heard(done: int, total: int) -> None:
            if stopped.is_set():
                raise Cancelled(stage="analysis")
            self.progressed.emit(done, total)

        hosts: list[HostModel] = []
        average = self._models.average  # for all frames alike

        def asked(model: Path, thresholds: tuple[float, float, int]) -> Look:
            hosts.append(self._models.host(model, average))
            return by_model(hosts[-1], thresholds)

        candidates = recorded if judged is None else asked(judged, _CANDIDATES)
        model = Path(chosen) if chosen and not chosen.startswith(LABELS) else None
        reference = None if model is None else asked(model, _REFERENCE)

        def work() -> Analysis:
            try:
                there = reference
                if there is None:
                    there = read_labels(Path(chosen.removeprefix(LABELS))) if chosen else recorded
                frames = seen_twice(read_recording(path), candidates, there, heard, average and judged is not None)
                count = max((one.reference.keypoints.shape[1] for one in frames), default=1)
                skeleton = self._skeleton(count)
                made = curves(frames, skeleton.sigmas, MOST, heard)
                return Analysis(frames, skeleton, made, best(made))
            finally:
                for host in hosts:
                    host.close()

        self._panel.show_analyzing(True)
        self._context.begin_work(ANALYSIS, "Analysis of a recording", stopped.set)
        run_in_background(
            self, work, lambda found: self._analyzed(stopped, found), lambda error: self._not_analyzed(stopped, error)
        )

    def _analyzed(self, stopped: threading.Event, found: Analysis) -> None:
        self._over(stopped)
        if stopped.is_set():
            return
        if not any(len(one.reference) for one in found.frames):
            self._context.notice.emit(texts.NO_REFERENCE)
            return
        self.analysis = found
        self._panel.show_best(found.best)
        self._show_point()

    def _not_analyzed(self, stopped: threading.Event, error: Exception) -> None:
        self._over(stopped)
        if not isinstance(error, Cancelled) and not stopped.is_set():
            self._failed(error)

    def _over(self, stopped: threading.Event) -> None:
        if stopped is self._stopped:  # else a later analysis has taken its place
            self._context.end_work(ANALYSIS)
            self._panel.show_analyzing(False)

    def _show_point(self) -> None:
        found = self.analysis
        if found is None:
            return
        confidence, iou = self._panel.thresholds
        sigmas = found.skeleton.sigmas
        of = next((one for one in found.curves if abs(one.iou - iou) < 1e-6), None)
        of = of or curve(found.frames, iou, sigmas, MOST)
        self._panel.show_point(of.at(confidence), ())

        def measure() -> list[Difference]:
            apart = distances(found.frames, iou, confidence, sigmas, MOST)
            return [
                (name, float(np.nanmean(row)), float(np.nanquantile(row, 0.95)))
                for name, row in zip(found.skeleton.names, apart.T, strict=True)
                if np.isfinite(row).any()
            ]

        def measured(rows: list[Difference]) -> None:
            if self.analysis is found and self._panel.thresholds == (confidence, iou):
                self._panel.show_point(of.at(confidence), rows)

        run_in_background(self, measure, measured, self._failed)

    def _apply(self) -> None:
        self._wanted = self._panel.thresholds
        if not self._send_wanted():
            self._context.notice.emit(texts.APPLIED_LATER)

    def _send_wanted(self) -> bool:
        """Send the thresholds that were chosen to the board, where one is open."""
        if self._wanted is None or not self._controller.can(Capability.COMMANDS):
            return False
        for name, value in zip(("confidence", "iou"), self._wanted, strict=True):
            self._controller.send(CommandName(name), value)
        self._wanted = None
        return True


def by_model(host: HostModel, thresholds: tuple[float, float, int]) -> Look:
    """Return the look of a model of this computer, by (confidence, NMS IoU threshold, max detections)."""

    def look(frame: Frame) -> People[ImagePixels] | None:
        found = host.look(frame, *thresholds)
        return None if found is None else pixels_of_image(found.people, frame.size)

    return look


def _as_results(frame: Frame, people: People[ImagePixels], by_host: bool) -> FrameResults:
    said = fractions_of_image(people, frame.size)
    if frame.results is not None:
        return dataclasses.replace(frame.results, people=said, by_host=by_host)
    return FrameResults((1, 0), frame.number, 0, Timings(), "", None, said, by_host=by_host)
