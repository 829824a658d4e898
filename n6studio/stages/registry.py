"""All stages, in the order of the chain; adding one is one line here and a folder with its ``stage.py``.

Light: the work of a stage is imported by its own process only.
"""

import importlib

from n6studio.domain.stage import AnyStage, Kind, Stage
from n6studio.domain.stage_faults import StageIncomplete, faults

FOLDERS = (
    "untrained",
    "inspect",
    "export",
    "quantize",
    "evaluate",
    "evaluate_split",
    "evaluate_part",
    "deploy",
    "calibration_health",
    "layer_errors",
    "range_convergence",
    "video_frames",
    "int8_output",
    "board_inputs",
    "data_check",
    "rescue",
    "diff",
)


def _descriptor(folder: str) -> AnyStage:
    name = f"n6studio.stages.{folder}.stage"
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not name.startswith(error.name):
            raise
        raise StageIncomplete(f"there is no {name.replace('.', '/')}.py, which FOLDERS of the registry names") from None
    for value in vars(module).values():
        if isinstance(value, Stage) and value.name == folder:
            return value
    raise StageIncomplete(f"{module.__file__} describes no stage '{folder}'")


def checked(stages: tuple[AnyStage, ...]) -> dict[str, AnyStage]:
    """Return stages by their names.

    Raises:
        StageIncomplete: something is missing or contradicts itself.
    """
    found = list(faults(stages))
    if found:
        raise StageIncomplete("; ".join(found))
    return {stage.name: stage for stage in stages}


STAGES = checked(tuple(_descriptor(folder) for folder in FOLDERS))
CHAIN = tuple(stage for stage in STAGES.values() if stage.kind is Kind.CHAIN)


def through(*stages: AnyStage) -> tuple[AnyStage, ...]:
    """Return stages and all that must have run before them, in the order in which they run."""
    wanted, waiting = {stage.name for stage in stages}, [*stages]
    while waiting:
        for one in waiting.pop().needs:
            if one.name not in wanted:
                wanted.add(one.name)
                waiting.append(one)
    return tuple(one for one in STAGES.values() if one.name in wanted)
