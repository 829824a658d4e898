"""The newest quantized model of a project, for everything that takes a file and is given a folder."""

from collections.abc import Iterable
from pathlib import Path

import platformdirs

from n6studio.domain.project import Project
from n6studio.engine.jobs.run import load_result
from n6studio.engine.project.runs import runs
from n6studio.stages.quantize.stage import QUANTIZE


def newest_quantized(folder: Path) -> Path | None:
    """Return the .tflite that was quantized last in a project, or in a folder of `n6studio quantize`; None if none."""
    for place in (*runs(Project(folder, folder), QUANTIZE.name), folder):
        result = load_result(QUANTIZE, place)
        if result is not None and result.outputs.get("tflite", folder / "?").is_file():
            return result.outputs["tflite"]
    return None


def sample_folder() -> Path:
    """Return where the window makes the sample project."""
    return Path(platformdirs.user_documents_dir()) / "N6 Studio" / "sample.n6"


def first_quantized(folders: Iterable[Path]) -> Path | None:
    """Return the newest quantized model of the first folder that has one."""
    return next((path for folder in folders if (path := newest_quantized(folder)) is not None), None)
