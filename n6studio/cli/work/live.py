"""Watching a stream without a window, recording it, and making videos and data of recordings."""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from n6studio.cli.log import start_log
from n6studio.cli.progress import Progress
from n6studio.cli.running import cancelling
from n6studio.cli.work.virtual_board import model_for_board
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.link import NoFrames
from n6studio.domain.errors.models import ModelDamaged
from n6studio.domain.errors.settings import SettingInvalid
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.live import Frame
from n6studio.domain.messages import Progressed, StepBegan
from n6studio.domain.pose.preprocess import Resize
from n6studio.domain.texts import counted
from n6studio.engine.jobs.hashing import HashCache
from n6studio.engine.project.models import model_id_of
from n6studio.gates.files import opened
from n6studio.link.processes.host_model import HOST_LOG, HostModel
from n6studio.link.recording.exports import EXPORTS, Export
from n6studio.link.recording.recorder import Recorded, Recorder
from n6studio.link.recording.recording import Recording, read_recording
from n6studio.link.session.commands import Command, CommandError, parse_command
from n6studio.link.session.reasons import reasons
from n6studio.link.session.session import FINAL, LiveFrame, LiveSession
from n6studio.link.sources import find_sources, open_source
from n6studio.link.sources.base import Source
from n6studio.link.sources.stored import RecordingSource
from n6studio.link.wire.frame_json import frame_values

_POLL = 0.1  # seconds
_SHOW_EVERY = 1.0


def list_sources() -> list[dict[str, Any]]:
    """Return what this computer has to offer, as plain values."""
    return [
        {
            "address": info.address,
            "kind": info.kind,
            "name": info.name,
            "detail": info.detail,
            "capabilities": [flag.name.lower() for flag in info.capabilities if flag.name],
        }
        for info in find_sources()
    ]


def run_live(options: argparse.Namespace) -> dict[str, Any]:
    """Do what was typed and return what came of it, as plain values.

    Raises:
        StudioError: the source fails, gives no image, or something cannot be written.
    """
    source = _source(options.source)
    exports = _exports(options)
    if exports and options.record is None and isinstance(source, RecordingSource):
        return {"source": source.info.address, **_export(read_recording(source.path), exports, options)}
    if exports and options.record is None:
        raise SettingInvalid(name="--record", value="empty", allowed="a file, if a video or data is to be exported")
    data = _Watch(source, options).run()
    if exports:
        data.update(_export(read_recording(options.record), exports, options))
    return data


def _source(address: str | None) -> Source:
    if not address:
        raise SettingInvalid(name="--source", value="empty", allowed="an address; --list shows the available ones")
    kind, _, rest = address.partition(":")
    if kind == "virtual":
        model, question, settings = rest.partition("?")
        if model or "flash=" not in settings:  # a board that boots from its flash brings its own network
            address = f"virtual:{model_for_board(model)}{question}{settings}"
    return open_source(address)


# --- watching --------------------------------------------------------------------------------------------------------


class _Watch:
    """One session from its start to its end."""

    def __init__(self, source: Source, options: argparse.Namespace) -> None:
        self._source, self._options = source, options
        self._progress = Progress(options.quiet)
        self._orders = [_order(text) for text in options.send]
        self._failure: StudioError | None = None
        self._model = _model(options, self._fail)
        expected = "" if options.expect is None else _expected_id(options.expect)
        annotate = self._model.annotate if self._model is not None else None
        self._session = LiveSession(
            source, expected_model=expected, annotate=annotate, annotate_all=annotate is not None
        )
        self._recorder: Recorder | None = None
        self._newest: LiveFrame | None = None
        self._last: Frame | None = None  # that came, decoded or not yet
        self._images = self._annotated = 0
        self._alarms: set[str] = set()
        self._replies: list[dict[str, Any]] = []
        self._sent: dict[int, str] = {}

    def run(self) -> dict[str, Any]:
        began = time.monotonic()
        try:
            if self._options.record is not None:
                self._recorder = Recorder(self._options.record, self._source.info.address, self._fail)
                self._session.tap_bytes(self._recorder.take)
            self._session.tap(self._take)
            self._session.start()
            with cancelling() as cancel:
                self._until(lambda: cancel.is_set() or time.monotonic() - began >= (self._options.seconds or 1e12))
                if cancel.is_set() and self._last is None:
                    raise Cancelled(stage="live")
        finally:
            recorded = self._end()
            self._progress.clear()
        return self._summary(time.monotonic() - began, recorded)

    def _take(self, frame: Frame) -> None:
        self._last = frame

    def _fail(self, error: StudioError) -> None:
        self._failure = error

    def _until(self, over: Callable[[], bool]) -> None:
        shown, state = time.monotonic(), self._session.status().state
        while not over() and self._failure is None and self._session.status().state not in FINAL:
            self._see(self._session.take(_POLL))
            # Where there is no terminal to redraw, only what changes is worth a line.
            told, state = state, self._session.status().state
            due = time.monotonic() - shown >= _SHOW_EVERY if self._progress.redraws else state is not told
            if due:
                shown = time.monotonic()
                self._progress(StepBegan(self._line(), 1, 1))
        self._see(self._session.take())

    def _see(self, image: LiveFrame | None) -> None:
        if image is not None:
            self._newest = image
            self._images += 1
            self._annotated += image.results is not None and image.results.by_host
            self._give_orders()
        self._alarms.update(alarm.name.lower() for alarm in self._session.alarms())
        for reply in self._session.replies():
            self._replies.append({"command": self._sent.get(reply.number, ""), "error": reply.error})

    def _give_orders(self) -> None:
        orders, self._orders = self._orders, []
        for order in orders:
            number = self._session.send(order.name, order.value)
            self._sent[number] = order.name

    def _end(self) -> Recorded | None:
        if self._model is not None:
            self._model.close()
        self._statistics = self._session.statistics()
        self._session.stop()
        return None if self._recorder is None else self._recorder.stop()

    def _line(self) -> str:
        figures, counts, status = self._session.statistics(), self._session.counts(), self._session.status()
        results = None if self._newest is None else self._newest.results
        people = "" if results is None else f", {counted(len(results.people), 'person', 'people')}"
        return (
            f"{status.state}: {figures.received_fps:.1f} frames/s{people}, {counts.damaged} damaged, "
            f"{counts.lost} lost, {figures.dropped} dropped"
        )

    def _summary(self, seconds: float, recorded: Recorded | None) -> dict[str, Any]:
        status, counts, figures = self._session.status(), self._session.counts(), self._statistics
        error = self._failure or (recorded.error if recorded is not None else None)
        if error is not None:
            raise error
        last = self._newest.frame if self._newest is not None else self._last
        if last is None or (self._newest is None and self._session.undecodable):
            raise status.error or NoFrames(
                source=self._source.info.name,
                seconds=round(seconds, 1),
                received_bytes=counts.received_bytes,
                damaged=counts.damaged,
            )
        return {
            "source": self._source.info.address,
            "seconds": round(seconds, 3),
            "state": status.state,
            "frames": counts.frames,
            "pictures": self._images,
            "pictures_by_host": self._annotated,
            "fps": {
                "received": round(figures.received_fps, 3),
                "decoded": round(figures.shown_fps, 3),
                "sent": None if figures.sent_fps is None else round(figures.sent_fps, 3),
            },
            "stages_ms": {
                stage.name.lower(): {
                    "p50": round(spread.p50, 3),
                    "p95": round(spread.p95, 3),
                    "max": round(spread.most, 3),
                }
                for stage, spread in figures.stages.items()
            },
            "dropped": figures.dropped,
            "damaged": counts.damaged,
            "repaired": counts.repaired,
            "lost": counts.lost,
            "skipped_bytes": counts.skipped_bytes,
            "received_bytes": counts.received_bytes,
            "without_results": {reason.name.lower(): count for reason, count in counts.refused.items()},
            "undecodable": self._session.undecodable,
            "reasons": {
                f"{one.blame}: {one.text}": one.count
                for one in reasons(counts, figures.dropped, self._session.undecodable)
            },
            "events": {kind.name.lower(): count for kind, count in counts.events.items()},
            "reconnects": status.reconnects,
            "alarms": sorted(self._alarms),
            "replies": self._replies,
            "board": self._session.board_status(),
            "log": list(self._session.board_log()),
            "recording": None if recorded is None else _recorded(self._options.record, recorded),
            "last_frame": frame_values(last, last.received - self._session.began),
            **({"codec": self._source.info.plain} if self._source.info.plain else {}),
        }


def _model(options: argparse.Namespace, failed: Callable[[StudioError], None]) -> HostModel | None:
    if options.model is None:
        return None
    HashCache().file(options.model)  # says at once if it is not there
    log = start_log().parent / HOST_LOG
    return HostModel(options.model, Resize(options.resize), log, failed, lambda: bool(options.average))


def _expected_id(model: Path) -> str:
    """Return what a board that runs `model` calls it.

    Raises:
        FileMissing, FileUnreadable; ModelDamaged: it is no .tflite, which no board could run.
    """
    identity = model_id_of(model)
    with opened(model) as file:
        if file.read(8)[4:] != b"TFL3":
            raise ModelDamaged(path=model, format=".tflite file", reason="its first bytes are not those of one")
    return identity


def _order(text: str) -> Command:
    try:
        return parse_command(f"0 {text}")
    except CommandError as error:
        raise SettingInvalid(name="--send", value=text, allowed=f"NAME or NAME VALUE ({error})") from error


def _recorded(path: Path, recorded: Recorded) -> dict[str, Any]:
    return {
        "path": str(path),
        "frames": recorded.frames,
        "bytes": recorded.size,
        "seconds": round(recorded.seconds, 3),
        "missed": recorded.missed,
    }


# --- exports ---------------------------------------------------------------------------------------------------------


def _exports(options: argparse.Namespace) -> list[tuple[Path, Export]]:
    chosen = ((getattr(options, name), export) for name, export in EXPORTS.items())
    return [(path, export) for path, export in chosen if path is not None]


def _export(recording: Recording, exports: list[tuple[Path, Export]], options: argparse.Namespace) -> dict[str, Any]:
    progress = Progress(options.quiet)
    made: dict[str, Any] = {}
    try:
        with cancelling() as cancel:
            for number, (path, export) in enumerate(exports, 1):
                progress(StepBegan(export.name, number, len(exports)))

                def done(count: int, total: int) -> None:
                    if cancel.is_set():
                        raise Cancelled(stage="export")
                    progress(Progressed(count, total, "frames"))

                count = export.write(recording, path, done, None)
                made[export.reported] = {"path": str(path), "count": count}
    finally:
        progress.clear()
    about = {"frames": len(recording.entries), "seconds": recording.seconds, "rebuilt": recording.rebuilt}
    return {"exports": made, "exported_recording": about}
