"""The pages in the order in which they are worked through, and what their jobs are called."""

import importlib
import importlib.util

# key, title, package, class, the stage whose state the page shows before it is made
PAGES = (
    ("import", "Import", "import_", "ImportPage", "inspect"),
    ("export", "Export", "export", "ExportPage", "export"),
    ("calibration", "Calibration", "calibration", "CalibrationPage", ""),
    ("quantize", "Quantize", "quantize", "QuantizePage", "quantize"),
    ("evaluate", "Evaluate", "evaluate", "EvaluatePage", "evaluate"),
    ("deploy", "Deploy", "deploy", "DeployPage", ""),
    ("live", "Live", "live", "LivePage", ""),
)


def available_pages() -> list[tuple[str, str, str, str, str]]:
    """Return the pages that this installation has."""
    return [page for page in PAGES if importlib.util.find_spec(f"n6studio.ui.pages.{page[2]}.page") is not None]


def page_package(key: str) -> str:
    """Return the package of a page below `n6studio.ui.pages`."""
    return next((page[2] for page in PAGES if page[0] == key), key)


def load_ahead() -> None:
    """Import what pages need and what takes long to import. Call it off the GUI thread, while the first is seen."""
    for name in ("n6studio.link.session.session", "n6studio.link.sources.finder", "n6studio.link.recording.export"):
        importlib.import_module(name)
