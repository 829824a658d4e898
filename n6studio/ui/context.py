"""What every page shares: the open project, the stages' results, and the way to run jobs."""

import dataclasses
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from n6studio.engine.jobs import StageResult
from n6studio.engine.project import Project


class Context(QObject):
    """State that pages observe. Lives on the GUI thread; work is handed to the engine thread by `submit`.

    Signals:
        project_changed: another project was opened, or the project's inputs or settings changed.
        result_changed(stage): a stage's result appeared, went, or became stale.
        job_started(stage), job_message(stage, message), job_finished(stage, result), job_failed(stage, error): the
            life of a stage's job; `message` is a stage message as `n6studio.domain.requests` describes, `error` a
            `StudioError`.
    """

    project_changed = Signal()
    result_changed = Signal(str)
    job_started = Signal(str)
    job_message = Signal(str, dict)
    job_finished = Signal(str, object)
    job_failed = Signal(str, object)
    submitted = Signal(str, object)
    cancel_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.project: Project | None = None
        self.results: dict[str, StageResult] = {}
        self.stale: dict[str, tuple[str, ...]] = {}
        self.running: str | None = None

    def change_project(self, **changes: Any) -> None:
        """Replace fields of the project (paths, settings) and tell everybody; saving happens on the engine thread."""
        if self.project is not None:
            self.project = dataclasses.replace(self.project, **changes)
            self.project_changed.emit()

    def change_settings(self, stage: str, settings: object) -> None:
        """Replace one stage's settings object."""
        if self.project is not None:
            self.change_project(settings={**self.project.settings, stage: settings})

    def submit(self, stage: str, extra: object = None) -> None:
        """Ask the engine thread to run a stage of the chain (and whatever before it is not fresh)."""
        self.submitted.emit(stage, extra)

    def cancel(self) -> None:
        """Ask the running job to stop."""
        self.cancel_requested.emit()

    def output(self, stage: str, role: str) -> Path | None:
        """Return the path of a stage's output, or None where there is none."""
        result = self.results.get(stage)
        return result.outputs.get(role) if result else None
