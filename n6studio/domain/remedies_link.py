"""What to do about the failures of the live stream; a part of the table in `remedies.py`, in the same form."""

from n6studio.domain.remedy import Remedy

LINK_REMEDIES: dict[str, Remedy] = {
    "N6S-L50": Remedy(
        "{path} is not quantized",
        "Its input is {input_type}. The NPU of the STM32N6 runs int8 networks with uint8 or int8 input, and so does the "
        "virtual board.",
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
            "Run n6studio demo once: it makes one, and the virtual board finds it there.",
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
