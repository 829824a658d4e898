"""Deployment: from a quantized .tflite to a board that runs it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from n6studio.domain.carried import board_keys
from n6studio.domain.pages import PageEntry, PageKey
from n6studio.domain.settings import setting
from n6studio.domain.stage import Kind, Stage
from n6studio.stages.inspect.stage import INSPECT
from n6studio.stages.quantize.stage import QUANTIZE

if TYPE_CHECKING:
    from n6studio.stages.deploy.figures import DeployFigures

BOARDS = board_keys()


@dataclass(frozen=True)
class DeploySettings:
    """From a quantized .tflite to a board that runs it."""

    board: str = setting(
        BOARDS[0] if BOARDS else "",
        "Board",
        "which board; the virtual one needs no hardware and no other software",
        choices=BOARDS,
    )
    application: str = setting(
        "", "Application", "folder of ST's pose application, which is copied and never changed", own=True
    )
    compiler: str = setting("", "Compiler", "path of stedgeai; empty to look for it", own=True)
    programmer: str = setting("", "Programmer", "path of STM32_Programmer_CLI; empty to look for it", own=True)
    signing_tool: str = setting(
        "", "Signing tool", "path of STM32_SigningTool_CLI, used with --header tool; empty to look for it", own=True
    )
    gcc: str = setting("", "Cross compiler", "path of arm-none-eabi-gcc; empty to look for it", own=True)
    make: str = setting("", "Make", "path of make; empty to look for it", own=True)
    header: str = setting(
        "own",
        "Image header",
        "who writes the header that lets an image boot: N6 Studio or ST's signing tool",
        choices=("own", "tool"),
    )
    serial: str = setting("", "ST-LINK", "serial number of the ST-LINK, where several are connected")
    aspect: str = setting(
        "fit",
        "Camera resize mode",
        "how the camera's image becomes the model's input: 'fit' and 'fullscreen' stretch, 'crop' cuts the middle",
        choices=("crop", "fit", "fullscreen"),
    )
    screen: str = setting(
        "UVCL", "Screen", "of the Nucleo: over USB (UVCL) or a display on SPI", choices=("UVCL", "SPI")
    )
    camera_flip: str = setting(
        "none", "Camera flip", "flip the camera's image", choices=("none", "flip", "mirror", "flip_mirror")
    )
    confidence: float = setting(
        0.5, "Min confidence", "confidence from which a person is shown", minimum=0.0, maximum=1.0
    )
    iou: float = setting(0.5, "NMS IoU threshold", "NMS IoU threshold", minimum=0.0, maximum=1.0)
    average: bool = setting(
        True,
        "Average keypoints",
        "average each person's keypoints over all candidates of that person, weighted by confidence; needs the live "
        "stream or the virtual board: ST's post-processing, which runs without the live stream, does not average",
        later=True,
        before=False,
    )
    keypoint_confidence: float = setting(
        0.5, "Min keypoint confidence", "confidence from which a keypoint is drawn", minimum=0.0, maximum=1.0
    )
    max_detections: int = setting(
        10, "Max detections", "max people shown", minimum=1, maximum=100, formerly=("boxes_limit",)
    )
    enlarge_region: bool = setting(
        False,
        "Larger RAM region",
        "give the application 2 MB of RAM where its own region is too small; linked, never run on hardware",
    )
    replace_runtime: bool = setting(
        False,
        "NPU runtime of the compiler",
        "put the NPU runtime of ST Edge AI Core into the copy where the application's is of another version",
    )
    allow_newer: bool = setting(
        False,
        "Try newer releases",
        "use an application or a compiler that is newer than this program knows; all checks stay on",
        own=True,
        later=True,
    )
    live_stream: bool = setting(
        True,
        "Live stream",
        "add the live stream to the application: images with people to the Live page; linked, never run on hardware",
        later=True,
    )
    live_link: str = setting(
        "usb",
        "Live stream link",
        "over the board's own USB socket, which takes a second cable, or the ST-LINK's serial port (uart)",
        choices=("usb", "uart"),
        later=True,
    )
    live_image: str = setting(
        "screen",
        "Live stream images",
        "send the screen's images, or the model's input, which is smaller",
        choices=("screen", "input"),
        later=True,
    )
    live_quality: int = setting(
        50,
        "Live stream JPEG quality",
        "of the live stream's images when the board starts",
        minimum=5,
        maximum=95,
        later=True,
    )
    live_jpeg: str = setting(
        "codec",
        "Live stream encoder",
        "encode with the chip's JPEG codec, or by software, which is slower",
        choices=("codec", "software"),
        later=True,
    )
    virtual_folder: str = setting(
        "", "Virtual board folder", "folder of the virtual board; empty for this user's own", own=True
    )
    verify_only: bool = setting(
        False, "Verify only", "write nothing; only compare the board with what would be written"
    )


DEPLOY: "Stage[DeploySettings, DeployFigures]" = Stage(
    name="deploy",
    title="Deployment",
    settings=DeploySettings,
    found="DeployFigures",
    work="n6studio.engine.deploy.project",
    kind=Kind.ENGINE,
    needs=(INSPECT, QUANTIZE),
    page=PageEntry(
        PageKey.DEPLOY,
        "Deploy",
        60,
        "onto a board, or onto a virtual one that this computer plays.",
        "n6studio.ui.pages.deploy.page:DeployPage",
    ),
)
