"""What the virtual board can be told when it is started; a process of its own plays it (`n6studio.virtual`)."""

from dataclasses import dataclass

from n6studio.domain.settings import setting

ASPECTS = ("crop", "fit", "fullscreen")
TIMINGS = ("published", "host")
FAULTS = (
    "flip=SHARE, lose=SHARE (of all bytes), stall=SECONDS, disconnect=SECONDS, garbage=BYTES, version=MAJOR.MINOR, "
    "wrong-model, frozen, zero-scores, black; NAME=off ends one, 'clear' all"
)
TRANSPORTS = ("auto", "pty", "tcp")


@dataclass(frozen=True)
class VirtualBoardSettings:
    """What the virtual board plays; its thresholds are those of ST's application."""

    model: str = setting("", "quantized .tflite that it runs, or a project in which one was quantized")
    flash: str = setting("", "folder of a virtual board's flash: runs what was programmed there, in place of a model")
    camera: str = setting("scene", "what it sees: scene[:SEED], webcam[:NUMBER], a video, or a picture folder")
    width: int = setting(0, "width of the picture in pixels; 0 for the camera's own", minimum=0, maximum=4096)
    height: int = setting(0, "height of the picture in pixels; 0 for the camera's own", minimum=0, maximum=4096)
    people: int = setting(-1, "people in the scene; -1 leaves it to the seed", minimum=-1, maximum=6)
    hold: float = setting(1.0, "seconds for which each picture of a folder stands", minimum=0.01, maximum=3600.0)
    fps: float = setting(30.0, "pictures that the camera takes in a second", minimum=0.1, maximum=1000.0)
    aspect: str = setting("crop", "how the camera fills the network's input, in the words of ST's application", ASPECTS)
    quality: int = setting(80, "JPEG quality", minimum=1, maximum=100)
    protect: bool = setting(False, "add parity that repairs flipped bytes, for links without a checksum of their own")
    confidence: float = setting(0.5, "score that a person needs", minimum=0.0, maximum=1.0)
    iou: float = setting(0.5, "overlap above which the weaker of two boxes goes", minimum=0.0, maximum=1.0)
    most: int = setting(10, "people per picture at most", minimum=1, maximum=255)
    inference_every: int = setting(
        1, "1: only pictures with results are sent; N: all pictures, and every Nth has results", minimum=1, maximum=1000
    )
    timing: str = setting("published", "the network takes as long as ST publishes, or as it does here", TIMINGS)
    npu_ms: float = setting(0.0, "milliseconds that the network takes; 0 for what 'timing' says", minimum=0.0)
    transport: str = setting("auto", "pseudo-terminal or TCP; auto: the first where the system has it", TRANSPORTS)
    link: str = setting("", "name under which its pseudo-terminal can always be found")
    host: str = setting("127.0.0.1", "address it listens on with TCP")
    port: int = setting(0, "TCP port; 0 for any that is free", minimum=0, maximum=65535)
    frames: int = setting(0, "stop after this many pictures were sent; 0 for never", minimum=0)
    seed: int = setting(0, "seed of faults", minimum=0)
    fault: tuple[str, ...] = setting((), "what goes wrong, as NAME[=VALUE][@SECONDS]: " + FAULTS)
