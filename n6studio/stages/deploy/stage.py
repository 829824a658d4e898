"""Deployment: from a quantized .tflite to a board that runs it."""

from dataclasses import dataclass

from n6studio.domain.settings import setting
from n6studio.domain.stage import Kind, Stage
from n6studio.stages.inspect.stage import INSPECT
from n6studio.stages.quantize.stage import QUANTIZE

BOARDS = ("virtual", "stm32n6570-dk", "nucleo-n657x0-q")  # a test holds this against the registry of boards


@dataclass(frozen=True)
class DeploySettings:
    """From a quantized .tflite to a board that runs it."""

    board: str = setting("virtual", "which board; the virtual one needs no hardware and no other software", BOARDS)
    application: str = setting("", "folder of ST's pose application, which is copied and never changed")
    compiler: str = setting("", "path of stedgeai; empty to look for it")
    programmer: str = setting("", "path of STM32_Programmer_CLI; empty to look for it")
    signing_tool: str = setting("", "path of STM32_SigningTool_CLI, used with --header tool; empty to look for it")
    gcc: str = setting("", "path of arm-none-eabi-gcc; empty to look for it")
    make: str = setting("", "path of make; empty to look for it")
    header: str = setting(
        "own", "who writes the header that lets an image boot: N6 Studio or ST's signing tool", ("own", "tool")
    )
    serial: str = setting("", "serial number of the ST-LINK, where several are connected")
    aspect: str = setting(
        "fit",
        "how the camera's picture becomes the network's input: 'fit' and 'fullscreen' stretch, 'crop' cuts the middle",
        ("crop", "fit", "fullscreen"),
    )
    screen: str = setting("UVCL", "of the Nucleo: over USB (UVCL) or a display on SPI", ("UVCL", "SPI"))
    camera_flip: str = setting("none", "turn the camera's picture", ("none", "flip", "mirror", "flip_mirror"))
    confidence: float = setting(0.5, "score from which a person is shown", minimum=0.0, maximum=1.0)
    iou: float = setting(0.5, "overlap above which the weaker of two boxes goes", minimum=0.0, maximum=1.0)
    keypoint_confidence: float = setting(0.5, "score from which a keypoint is drawn", minimum=0.0, maximum=1.0)
    boxes_limit: int = setting(10, "people shown at most", minimum=1, maximum=100)
    enlarge_region: bool = setting(
        False, "give the application 2 MB of RAM where its own region is too small; linked, never run on hardware"
    )
    replace_runtime: bool = setting(
        False, "put the NPU runtime of ST Edge AI Core into the copy where the application's is of another version"
    )
    virtual_folder: str = setting("", "folder of the virtual board; empty for this user's own")
    verify_only: bool = setting(False, "write nothing; only compare the board with what would be written")


DEPLOY = Stage(
    name="deploy",
    title="Deployment",
    settings=DeploySettings,
    figures=dict,
    run="n6studio.engine.deploy.project",
    kind=Kind.ENGINE,
    needs=(INSPECT, QUANTIZE),
)
