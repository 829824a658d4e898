"""The live stream: ports, sources, frames, recordings, and what plays a board here. Codes N6S-L."""

from pathlib import Path

from n6studio.domain.errors.base import ExitCode, StudioError
from n6studio.domain.errors.files import StorageError
from n6studio.domain.errors.remedy import PerSystem, Remedy


class LinkError(StudioError):
    """Something about the live stream or where it comes from."""

    exit_status = ExitCode.LINK


class PortMissing(LinkError):
    """There is no such serial port (any more)."""

    code = "N6S-L01"
    port: str
    remedy = Remedy(
        "Serial port {port} not found",
        "The port exists only while the board is connected and its firmware runs. Its name can change when the board "
        "is plugged into another socket.",
        (
            "Connect the board with a data cable at the connector named on the Deploy page, and start it.",
            PerSystem(
                "Find its number in the Device Manager under Ports (COM & LPT).",
                "List the ports: ls /dev/cu.usbmodem*",
                "List the ports: ls /dev/ttyACM*",
            ),
            "List what N6 Studio finds: n6studio live --list",
        ),
    )


class PortBusy(LinkError):
    """Another program holds the serial port."""

    code = "N6S-L02"
    exit_status = ExitCode.BUSY
    port: str
    holder: str
    remedy = Remedy(
        "The serial port {port} is in use",
        "Only one program at a time can open a serial port. This one is open in {holder}.",
        (
            "Close that program: a terminal, an IDE's serial monitor, or another N6 Studio.",
            PerSystem(
                "If it has no window, look for it in the Task Manager, or unplug the board and plug it in again.",
                "Find it with: lsof {port}",
                "Find it with: fuser -v {port}. If it is ModemManager, stop it: sudo systemctl stop ModemManager",
            ),
            "Connect again.",
        ),
    )


class PortForbidden(LinkError):
    """The operating system does not let this user open the serial port."""

    code = "N6S-L03"
    port: str
    reason: str
    remedy = Remedy(
        "No permission to open the serial port {port}",
        "Operating system error: {reason}.",
        (
            PerSystem(
                "Start N6 Studio as the user who installed the board's driver, or ask your administrator.",
                "Give yourself access, or ask your administrator: ls -l {port} shows the owner and group.",
                "Join the group that owns serial ports: sudo usermod -aG dialout $USER (on Arch Linux: uucp).",
            ),
            PerSystem(
                "Unplug the board and plug it in again.",
                "Unplug the board and plug it in again.",
                "Log out and in again for the group to take effect.",
            ),
        ),
    )


class ConnectionLost(LinkError):
    """The source was there and went away."""

    code = "N6S-L04"
    source: str
    reason: str
    remedy = Remedy(
        "The connection to {source} was lost",
        "Reason: {reason}.",
        (
            "Check cable and power. After a reset the board's port disappears for a few seconds.",
            "Use a USB-C to USB-C cable; some A-to-C cables do not carry enough current.",
            "N6 Studio reconnects automatically; if that is turned off, connect again.",
        ),
    )


class ConnectionRefused(LinkError):
    """Nobody answers at a network address."""

    code = "N6S-L05"
    address: str
    reason: str
    remedy = Remedy(
        "Cannot connect to {address}",
        "Reason: {reason}.",
        (
            "Check address and port, and that the sender is running. A virtual board prints its address at startup.",
            "Check that no firewall blocks the port.",
        ),
    )


class CameraUnavailable(LinkError):
    """A camera cannot be opened or delivers no image."""

    code = "N6S-L06"
    camera: str
    reason: str
    remedy = Remedy(
        "{camera} delivers no image",
        "It could not be opened or read: {reason}.",
        (
            "Close other programs that use the camera, such as video calls.",
            PerSystem(
                "Allow it under Settings > Privacy & security > Camera > Let desktop apps access your camera.",
                "Allow it under System Settings > Privacy & Security > Camera.",
                "Check your permission: ls -l /dev/video*; if needed: sudo usermod -aG video $USER, and log in again.",
            ),
            "Unplug the camera and plug it in again.",
        ),
    )


class RecordingUnreadable(LinkError):
    """A file that holds no frame of a recording."""

    code = "N6S-L07"
    path: Path | str
    reason: str
    remedy = Remedy(
        "{path} is not a playable recording",
        "It contains no complete frame: {reason}.",
        (
            "Choose the .mjpeg file of a recording. The index beside it is rebuilt if it is missing.",
            "Open a file recorded by another program as a video: --source video:FILE.",
        ),
    )


class RecordingDiskFull(StorageError):
    """No space left while a recording was written; what was written until then is a whole recording."""

    code = "N6S-L13"
    path: Path | str
    frames: int
    seconds: float
    remedy = Remedy(
        "The disk is full, the recording stopped",
        "The disk ran out of space while recording to {path}. Frames kept: {frames}, of {seconds} s. They are a whole "
        "recording.",
        ("Open the recording as usual; nothing in it is lost.", "Free some space before you record again."),
    )


class NoFrames(LinkError):
    """The source is open, but no image arrived."""

    code = "N6S-L08"
    source: str
    seconds: float
    received_bytes: int
    damaged: int
    remedy = Remedy(
        "No image from {source}",
        "It is open, but no complete frame arrived within {seconds} s ({received_bytes} bytes received, {damaged} "
        "damaged frames).",
        (
            "If no bytes arrived: check that the board runs firmware with live streaming; ST's own sends nothing here.",
            "If bytes but no frames arrived: this may be another device's port. List them: n6studio live --list",
            "If every frame is damaged: try another cable or port, without a hub.",
        ),
    )


class SourceUnknown(LinkError):
    """An address that names no kind of source."""

    code = "N6S-L09"
    exit_status = ExitCode.USAGE
    address: str
    kinds: tuple[str, ...]
    remedy = Remedy(
        "{address} is not a live source",
        "A source is written as KIND:ADDRESS. Kinds: {kinds}.",
        (
            "List available sources: n6studio live --list",
            "Examples: serial:/dev/ttyACM0, serial:COM5, tcp:127.0.0.1:5555, camera:0, recording:take.mjpeg, virtual:",
        ),
    )


class VirtualBoardFailed(LinkError):
    """The virtual board ended instead of starting."""

    code = "N6S-L10"
    reason: str
    log: Path | str
    remedy = Remedy(
        "The virtual board did not start",
        "Reason: {reason}.",
        (
            "See its log: {log}",
            "If its process ended by a signal, its model or video is probably damaged: choose another.",
            "Check the installation: n6studio doctor --deep",
        ),
    )


class NoCommands(LinkError):
    """A source that does not accept commands."""

    code = "N6S-L12"
    source: str
    remedy = Remedy(
        "{source} does not accept commands",
        "Only boards and virtual boards do; a camera or recording has no thresholds to set.",
        ("Connect to a board, or start the virtual board.",),
    )


class InputNotQuantized(LinkError):
    """A model that the NPU could not run, given to the virtual board."""

    code = "N6S-L50"
    exit_status = ExitCode.INPUT
    path: Path | str
    input_type: str
    remedy = Remedy(
        "{path} is not quantized",
        "Its input is {input_type}. The NPU of the STM32N6 runs int8 models with uint8 or int8 input, and so does the "
        "virtual board.",
        (
            "Quantize the model first: the Quantize page, or n6studio quantize.",
            "Then give the virtual board the resulting .tflite.",
        ),
    )


class PortTaken(LinkError):
    """A TCP port that cannot be listened on."""

    code = "N6S-L51"
    address: str
    reason: str
    remedy = Remedy(
        "Cannot listen on {address}",
        "Operating system error: {reason}.",
        (
            "Close the program that uses this port; it may be a virtual board that is still running.",
            "Or omit the port to use a free one.",
        ),
    )


class NoPseudoTerminal(LinkError):
    """A pseudo-terminal was asked for where the system has none."""

    code = "N6S-L52"
    system: str
    remedy = Remedy(
        "No pseudo-terminals on {system}",
        "The virtual board emulates a serial port with a pseudo-terminal, which only Linux and macOS have.",
        ("Use TCP: --transport tcp.",),
    )


class NoModelForBoard(LinkError):
    """The virtual board was given nothing to run, and nothing was found."""

    code = "N6S-L53"
    exit_status = ExitCode.INPUT
    place: Path | str
    remedy = Remedy(
        "No model for the virtual board",
        "It runs a quantized .tflite. None was given, and none was found in {place}.",
        (
            "In the window: choose a .tflite at Model, or press See it run on the start page.",
            "On the command line: leave --model out, and the virtual board runs the demo model.",
            "Or name one: n6studio virtual-board --model FILE.tflite, or a project folder with a quantized model.",
        ),
    )


class HostInferenceDied(LinkError):
    """The process that runs a model here ended repeatedly without an error message."""

    code = "N6S-L54"
    path: Path | str
    how: str
    log: Path | str
    remedy = Remedy(
        "Running {path} on this computer ended unexpectedly",
        "Its process ended repeatedly without an error message, last with {how}. The model is probably damaged.",
        (
            "Compare its size with the original, copy it again, or choose another model.",
            "If the model is intact, see the log: {log}",
            "If the log ends with 'Killed' or mentions memory, close large programs.",
        ),
    )


class DecoderDied(LinkError):
    """The process that decodes JPEGs ended repeatedly, or cannot be started."""

    code = "N6S-L14"
    how: str
    log: Path | str
    remedy = Remedy(
        "Decoding the images ended unexpectedly",
        "The process that decodes JPEGs ended repeatedly, last with {how}. The stream or recording is probably "
        "damaged.",
        (
            "Try another source, for example the virtual board: n6studio live --source virtual:",
            "If no source shows images, see the log: {log}",
            "If the log ends with 'Killed' or mentions memory, close large programs.",
        ),
    )


class RerunMissing(LinkError):
    """A recording is to be exported for Rerun, and its SDK is not installed."""

    code = "N6S-L15"
    python: Path | str
    reason: str
    remedy = Remedy(
        "Rerun's SDK is not installed",
        "Only the export as .rrd needs it, and N6 Studio comes without it (500 MB). {reason}.",
        (
            "Install it into the environment of N6 Studio: {python} -m pip install rerun-sdk",
            "Or export as MCAP, which Rerun's viewer opens, too.",
        ),
    )


class RecordingNotExported(LinkError):
    """The process that writes an export ended without saying why."""

    code = "N6S-L16"
    path: Path | str
    how: str
    log: Path | str
    remedy = Remedy(
        "{path} could not be exported",
        "The process that writes it ended with {how}.",
        ("See its log: {log}", "Export it in another form, for example as MCAP."),
    )
