"""The live stream: ports, sources, frames, recordings, and what plays a board here. Codes N6S-L."""

from pathlib import Path

from n6studio.domain.errors.base import ExitCode, StudioError
from n6studio.domain.errors.remedy import PerSystem, Remedy


class LinkError(StudioError):
    """Something about the live stream or where it comes from."""

    exit_status = ExitCode.LINK


class PortMissing(LinkError):
    """There is no such serial port (any more)."""

    code = "N6S-L01"
    port: str
    remedy = Remedy(
        "There is no serial port {port}",
        "A board's port exists only while the board is connected and its firmware runs, and its name can change when "
        "it is plugged in elsewhere.",
        (
            "Connect the board with a cable that carries data, at the socket that its page names, and start it.",
            PerSystem(
                "Look in the Device Manager under Ports (COM & LPT) for its number.",
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
        "Only one program at a time can have a serial port open. This one is held by {holder}.",
        (
            "Close the program that holds it: a terminal, an IDE's serial monitor, or another N6 Studio.",
            PerSystem(
                "If no window shows it, look for it in the Task Manager, or unplug the board and plug it in again.",
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
        "You may not open the serial port {port}",
        "The operating system says: {reason}.",
        (
            PerSystem(
                "Start N6 Studio as the user who installed the board's driver, or ask your administrator.",
                "Give yourself access, or ask your administrator: ls -l {port} shows who has it.",
                "Join the group that owns serial ports: sudo usermod -aG dialout $USER (on Arch Linux: uucp).",
            ),
            PerSystem(
                "Unplug the board and plug it in again.",
                "Unplug the board and plug it in again.",
                "Log out and in again; groups count only from then on.",
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
        "It was there and went away: {reason}.",
        (
            "Check cable and power. A board that resets takes its port along and brings it back after seconds.",
            "Use a USB-C to USB-C cable: some A-to-C cables do not carry enough current.",
            "N6 Studio reconnects by itself; without that, connect again.",
        ),
    )


class ConnectionRefused(LinkError):
    """Nobody answers at a network address."""

    code = "N6S-L05"
    address: str
    reason: str
    remedy = Remedy(
        "Nobody answers at {address}",
        "The connection was not accepted: {reason}.",
        (
            "Check address and port, and that the sender runs. A virtual board prints its address when it starts.",
            "Check that no firewall blocks the port.",
        ),
    )


class CameraUnavailable(LinkError):
    """A camera cannot be opened or gives no picture."""

    code = "N6S-L06"
    camera: str
    reason: str
    remedy = Remedy(
        "{camera} gives no picture",
        "It could not be opened or read: {reason}.",
        (
            "Close other programs that use the camera, such as video calls.",
            PerSystem(
                "Allow it under Settings > Privacy & security > Camera > Let desktop apps access your camera.",
                "Allow it under System Settings > Privacy & Security > Camera.",
                "Check that you may use it: ls -l /dev/video*; if not: sudo usermod -aG video $USER, and log in again.",
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
        "{path} is not a recording that can be played",
        "No whole frame was found in it: {reason}.",
        (
            "Choose the .mjpeg file of a recording; its index lies beside it and is made anew where it is missing.",
            "A film that another program recorded can be played as a video: --source video:FILE.",
        ),
    )


class NoFrames(LinkError):
    """The source is open, but no picture came."""

    code = "N6S-L08"
    source: str
    seconds: float
    received_bytes: int
    damaged: int
    remedy = Remedy(
        "No picture came from {source}",
        "It is open, but within {seconds} seconds there was no whole frame: {received_bytes} bytes came, "
        "{damaged} damaged frames among them.",
        (
            "If no bytes came: check that the board runs our firmware and not ST's, which sends nothing here.",
            "If bytes came and no frame: this may be another device's port. List them: n6studio live --list",
            "If every frame is damaged: try another cable or port, without a hub in between.",
        ),
    )


class SourceUnknown(LinkError):
    """An address that names no kind of source."""

    code = "N6S-L09"
    exit_status = ExitCode.USAGE
    address: str
    kinds: tuple[str, ...]
    remedy = Remedy(
        "{address} is no source of a live stream",
        "A source is named by its kind, a colon and where it is. Kinds are: {kinds}.",
        (
            "List what there is: n6studio live --list",
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
        "Its process said: {reason}.",
        (
            "Look at its log: {log}",
            "Check the installation: n6studio doctor --deep",
        ),
    )


class NoCommands(LinkError):
    """A source that cannot be told anything."""

    code = "N6S-L12"
    source: str
    remedy = Remedy(
        "{source} takes no commands",
        "Only boards and virtual boards do; a camera or a recording cannot be told a threshold.",
        ("Connect to a board, or start the virtual board.",),
    )


class InputNotQuantized(LinkError):
    """A network that the NPU could not run, given to the virtual board."""

    code = "N6S-L50"
    exit_status = ExitCode.INPUT
    path: Path | str
    input_type: str
    remedy = Remedy(
        "{path} is not quantized",
        "Its input is {input_type}. The NPU of the STM32N6 runs int8 networks with uint8 or int8 input, and so does "
        "the virtual board.",
        (
            "Quantize the network first: the Quantize page, or n6studio quantize.",
            "Then give the virtual board the .tflite that this made.",
        ),
    )


class PortTaken(LinkError):
    """A TCP port that cannot be listened on."""

    code = "N6S-L51"
    address: str
    reason: str
    remedy = Remedy(
        "{address} cannot be listened on",
        "The operating system says: {reason}.",
        (
            "End the other program on this port; it may be a virtual board that is still running.",
            "Or leave the port out: then a free one is taken.",
        ),
    )


class NoPseudoTerminal(LinkError):
    """A pseudo-terminal was asked for where the system has none."""

    code = "N6S-L52"
    system: str
    remedy = Remedy(
        "There are no pseudo-terminals on {system}",
        "The virtual board stands in for a serial port with a pseudo-terminal, which only Linux and macOS have.",
        ("Use TCP: --transport tcp.",),
    )


class NoModelForBoard(LinkError):
    """The virtual board was given nothing to run, and nothing was found."""

    code = "N6S-L53"
    exit_status = ExitCode.INPUT
    place: Path | str
    remedy = Remedy(
        "There is no network for the virtual board",
        "It runs a quantized .tflite. None was given, and none was found in {place}.",
        (
            "In the window: choose a .tflite at Network, or open the sample project and quantize it.",
            "On the command line: run n6studio demo once: it makes one, and the virtual board finds it there.",
            "Or name one: n6studio virtual-board --model FILE.tflite, or a project folder in which one was quantized.",
        ),
    )


class HostInferenceDied(LinkError):
    """The process that runs a network here ended without a word, again and again."""

    code = "N6S-L54"
    how: str
    log: Path | str
    remedy = Remedy(
        "Running the network on this computer ended unexpectedly",
        "Its process ended several times, at last with {how}, without saying why.",
        (
            "Switch it off and on again.",
            "If it happens again, look at its log: {log}",
            "Close large programs if the log ends with 'Killed' or speaks of memory.",
        ),
    )
