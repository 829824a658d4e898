"""What to do about the failures of the live stream; a part of the table in `remedies.py`, in the same form."""

from n6studio.domain.errors.remedy import PerSystem, Remedy

LINK_REMEDIES: dict[str, Remedy] = {
    "N6S-L01": Remedy(
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
    ),
    "N6S-L02": Remedy(
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
    ),
    "N6S-L03": Remedy(
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
    ),
    "N6S-L04": Remedy(
        "The connection to {source} was lost",
        "It was there and went away: {reason}.",
        (
            "Check cable and power. A board that resets takes its port along and brings it back after seconds.",
            "Use a USB-C to USB-C cable: some A-to-C cables do not carry enough current.",
            "N6 Studio reconnects by itself; without that, connect again.",
        ),
    ),
    "N6S-L05": Remedy(
        "Nobody answers at {address}",
        "The connection was not accepted: {reason}.",
        (
            "Check address and port, and that the sender runs. A virtual board prints its address when it starts.",
            "Check that no firewall blocks the port.",
        ),
    ),
    "N6S-L06": Remedy(
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
    ),
    "N6S-L07": Remedy(
        "{path} is not a recording that can be played",
        "No whole frame was found in it: {reason}.",
        (
            "Choose the .mjpeg file of a recording; its index lies beside it and is made anew where it is missing.",
            "A film that another program recorded can be played as a video: --source video:FILE.",
        ),
    ),
    "N6S-L08": Remedy(
        "No picture came from {source}",
        "It is open, but within {seconds} seconds there was no whole frame: {received_bytes} bytes came, "
        "{damaged} damaged frames among them.",
        (
            "If no bytes came: check that the board runs our firmware and not ST's, which sends nothing here.",
            "If bytes came and no frame: this may be another device's port. List them: n6studio live --list",
            "If every frame is damaged: try another cable or port, without a hub in between.",
        ),
    ),
    "N6S-L09": Remedy(
        "{address} is no source of a live stream",
        "A source is named by its kind, a colon and where it is. Kinds are: {kinds}.",
        (
            "List what there is: n6studio live --list",
            "Examples: serial:/dev/ttyACM0, serial:COM5, tcp:127.0.0.1:5555, camera:0, recording:take.mjpeg, virtual:",
        ),
    ),
    "N6S-L10": Remedy(
        "The virtual board did not start",
        "Its process said: {reason}.",
        (
            "Look at its log: {log}",
            "Check the installation: n6studio doctor --deep",
        ),
    ),
    "N6S-L11": Remedy(
        "{path} cannot be played as a video",
        "It could not be decoded: {reason}.",
        (
            "Check that another player opens it; a download that stopped early is cut short.",
            "Convert it to MP4 (H.264) or MJPEG.",
        ),
    ),
    "N6S-L12": Remedy(
        "{source} takes no commands",
        "Only boards and virtual boards do; a camera or a recording cannot be told a threshold.",
        ("Connect to a board, or start the virtual board.",),
    ),
    "N6S-L50": Remedy(
        "{path} is not quantized",
        "Its input is {input_type}. The NPU of the STM32N6 runs int8 networks with uint8 or int8 input, and so does "
        "the virtual board.",
        (
            "Quantize the network first: the Quantize page, or n6studio quantize.",
            "Then give the virtual board the .tflite that this made.",
        ),
    ),
    "N6S-L51": Remedy(
        "{address} cannot be listened on",
        "The operating system says: {reason}.",
        (
            "End the other program on this port; it may be a virtual board that is still running.",
            "Or leave the port out: then a free one is taken.",
        ),
    ),
    "N6S-L52": Remedy(
        "There are no pseudo-terminals on {system}",
        "The virtual board stands in for a serial port with a pseudo-terminal, which only Linux and macOS have.",
        ("Use TCP: --transport tcp.",),
    ),
    "N6S-L53": Remedy(
        "There is no network for the virtual board",
        "It runs a quantized .tflite. None was given, and none was found in {place}.",
        (
            "In the window: choose a .tflite at Network, or open the sample project and quantize it.",
            "On the command line: run n6studio demo once: it makes one, and the virtual board finds it there.",
            "Or name one: n6studio virtual-board --model FILE.tflite, or a project folder in which one was quantized.",
        ),
    ),
    "N6S-L54": Remedy(
        "Running the network on this computer ended unexpectedly",
        "Its process ended several times, at last with {how}, without saying why.",
        (
            "Switch it off and on again.",
            "If it happens again, look at its log: {log}",
            "Close large programs if the log ends with 'Killed' or speaks of memory.",
        ),
    ),
}
