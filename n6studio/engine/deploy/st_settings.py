"""Between the settings of a deployment and ST's user_config.yaml for deployment."""

from pathlib import Path
from typing import Any

from n6studio.board.compiler.pairs import Pair
from n6studio.board.registry import board
from n6studio.domain.errors.base import StudioError
from n6studio.engine.deploy.order import DeployOrder
from n6studio.engine.deploy.preflight_st import inspected
from n6studio.engine.deploy.tools import application_of, tool_box
from n6studio.engine.st_files.deploy_yaml import StDeployment, write_st_deployment
from n6studio.stages.deploy.stage import DeploySettings


def settings_of(config: StDeployment) -> dict[str, Any]:
    """Return the settings that ST's file asks for, those that differ from the defaults."""
    given = DeploySettings(
        board=board(config.board).key,
        application=str(config.application),
        compiler=str(config.compiler or ""),
        serial=config.serial,
        aspect=config.aspect,
        screen=config.screen,
        confidence=config.confidence,
        iou=config.iou,
        keypoint_confidence=config.keypoint_confidence,
        max_detections=config.most,
    )
    defaults = vars(DeploySettings())
    return {name: value for name, value in vars(given).items() if value != defaults[name]}


def write_config(path: Path, order: DeployOrder) -> None:
    """Write an order as a file that ST's model zoo reads.

    Raises:
        StudioError: there is no application, the model cannot be read, or the file cannot be written.
    """
    settings = order.settings
    box = tool_box(settings)
    application = application_of(settings, order.board, box)
    try:
        compiler = box.compiler_for(application.pair).path
    except StudioError:  # the file can be written before the tool is there
        compiler = None
    wanted = StDeployment(
        model=str(order.model),
        board=order.board.name,
        application=application.root,
        compiler=compiler,
        ide=None,
        aspect=settings.aspect,
        screen=settings.screen,
        confidence=settings.confidence,
        iou=settings.iou,
        keypoint_confidence=settings.keypoint_confidence,
        most=settings.max_detections,
        keypoints=inspected(order.model).keypoints,
        serial=settings.serial,
    )
    write_st_deployment(path, wanted, service_version(application.pair))


def service_version(pair: Pair) -> str:
    """Return a compiler's release as ST's service counts it: '10.1.0' for 2.1; the runtime's name has the digits."""
    digits = "".join(sign for sign in pair.compiler.runtime or "" if sign.isdigit())[:4]
    return f"{digits[:2]}.{digits[2]}.{digits[3]}"
