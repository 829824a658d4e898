"""The pages in the order in which they are worked through, and what their jobs are called."""

import importlib
import importlib.util

# key, title, module, class, the stage whose state the page shows before it is made
PAGES = (
    ("import", "Import", "import_page", "ImportPage", "inspect"),
    ("export", "Export", "export_page", "ExportPage", "export"),
    ("calibration", "Calibration", "calibration_page", "CalibrationPage", ""),
    ("quantize", "Quantize", "quantize_page", "QuantizePage", "quantize"),
    ("evaluate", "Evaluate", "evaluate_page", "EvaluatePage", "evaluate"),
    ("deploy", "Deploy", "deploy_page", "DeployPage", ""),
    ("live", "Live", "live_page", "LivePage", ""),
)


def available_pages() -> list[tuple[str, str, str, str, str]]:
    """Return the pages that this installation has."""
    return [page for page in PAGES if importlib.util.find_spec(f"n6studio.ui.pages.{page[2]}") is not None]


def load_ahead() -> None:
    """Import what pages need and what takes long to import. Call it off the GUI thread, while the first is seen."""
    for name in ("n6studio.link.session", "n6studio.link.sources.finder", "n6studio.link.export"):
        importlib.import_module(name)
