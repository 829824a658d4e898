"""What the virtual board can be told when it is started; a process of its own plays it (`n6studio.virtual`)."""

import ipaddress
from dataclasses import dataclass

from n6studio.domain.settings import setting

ASPECTS = ("crop", "fit", "fullscreen")
TIMINGS = ("published", "host")
FAULTS = (
    "flip=SHARE, lose=SHARE (of all bytes), stall=SECONDS, disconnect=SECONDS, garbage=BYTES, version=MAJOR.MINOR, "
    "wrong-model, frozen, zero-scores, black, reset; NAME=off ends one, 'clear' all"
)
TRANSPORTS = ("auto", "pty", "tcp")


@dataclass(frozen=True)
class VirtualBoardSettings:
    """What the virtual board plays; its thresholds are those of ST's application."""

    model: str = setting("", "Model", "quantized .tflite that it runs, or a project in which one was quantized")
    flash: str = setting(
        "", "Flash", "folder of a virtual board's flash: runs what was programmed there, in place of a model"
    )
    firmware: bool = setting(
        False,
        "Firmware",
        "runs the firmware in C on a Cortex-M55 that QEMU emulates; camera and NPU are still played here",
    )
    camera: str = setting(
        "scene", "Camera", "what it sees: scene[:SEED], webcam[:NUMBER], a video, or a folder of images"
    )
    width: int = setting(
        0,
        "Image width",
        "width of the image in pixels; 0 for the camera's own",
        unit="px",
        zero="the camera's own",
        minimum=0,
        maximum=4096,
    )
    height: int = setting(
        0,
        "Image height",
        "height of the image in pixels; 0 for the camera's own",
        unit="px",
        zero="the camera's own",
        minimum=0,
        maximum=4096,
    )
    people: int = setting(-1, "People", "people in the scene; -1 leaves it to the seed", minimum=-1, maximum=6)
    hold: float = setting(
        1.0,
        "Image duration",
        "seconds for which each image of a folder is seen",
        unit="s",
        minimum=0.01,
        maximum=3600.0,
    )
    fps: float = setting(
        30.0, "Frame rate", "frames per second of the camera", unit="frames/s", minimum=0.1, maximum=1000.0
    )
    aspect: str = setting(
        "crop",
        "Camera resize mode",
        "how the camera fills the model's input, in the words of ST's application",
        choices=ASPECTS,
    )
    quality: int = setting(80, "JPEG quality", "JPEG quality", minimum=1, maximum=100)
    protect: bool = setting(
        False, "Parity", "add parity that repairs flipped bytes, for links without a checksum of their own"
    )
    confidence: float = setting(
        0.5, "Min confidence", "confidence from which a person is sent", minimum=0.0, maximum=1.0
    )
    iou: float = setting(0.5, "NMS IoU threshold", "NMS IoU threshold", minimum=0.0, maximum=1.0)
    average: bool = setting(
        True,
        "Average keypoints",
        "average each person's keypoints over all candidates of that person, weighted by confidence, as N6 Studio's "
        "firmware does; ST's post-processing takes the best candidate's",
    )
    max_detections: int = setting(
        10, "Max detections", "max detections per image", minimum=1, maximum=255, formerly=("most",)
    )
    inference_every: int = setting(
        1,
        "Inference interval",
        "1: only images with results are sent; N: all images, and every Nth has results",
        minimum=1,
        maximum=1000,
    )
    marker: bool = setting(
        False, "Delay marker", "draws the time into the image, by which the window measures the delay to the screen"
    )
    timing: str = setting(
        "published", "Timing", "the model takes as long as ST publishes, or as it does here", choices=TIMINGS
    )
    npu_ms: float = setting(
        0.0,
        "Inference time",
        "milliseconds that the model takes; 0 for what 'timing' says",
        unit="ms",
        zero="as 'timing' says",
        minimum=0.0,
    )
    transport: str = setting(
        "auto",
        "Transport",
        "pseudo-terminal or TCP; auto: TCP, which loses nothing on a busy computer",
        choices=TRANSPORTS,
    )
    link: str = setting("", "Link", "name under which its pseudo-terminal can always be found")
    host: str = setting("127.0.0.1", "Host", "address it listens on with TCP")
    port: int = setting(0, "Port", "TCP port; 0 for any that is free", zero="any", minimum=0, maximum=65535)
    frames: int = setting(
        0, "Frame count", "stop after this many images were sent; 0 for never", zero="unlimited", minimum=0
    )
    seed: int = setting(0, "Seed", "seed of faults", minimum=0)
    fault: tuple[str, ...] = setting((), "Faults", "what goes wrong, as NAME[=VALUE][@SECONDS]: " + FAULTS)


def beyond_this_computer(address: str) -> bool:
    """Return whether other computers can reach an address that a board listens on: tcp://HOST:PORT, or a path."""
    if not address.startswith("tcp://"):
        return False
    host = address.removeprefix("tcp://").rpartition(":")[0].strip("[]")
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name
        return host != "localhost"
