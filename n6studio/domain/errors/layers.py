"""What goes wrong with the layers of packages that N6 Studio runs on. Codes N6S-Y."""

from pathlib import Path

from n6studio.domain.errors.remedy import PerSystem, Remedy
from n6studio.domain.errors.stages import MachineError

_PROXY = PerSystem(
    "Behind a proxy, set the environment variable HTTPS_PROXY to its address, for example in Windows' settings under "
    "'Environment variables', and start N6 Studio again.",
    "Behind a proxy, start N6 Studio from a terminal: HTTPS_PROXY=http://PROXY:PORT n6studio.",
    "Behind a proxy, start N6 Studio from a terminal: HTTPS_PROXY=http://PROXY:PORT n6studio.",
)


class LayerMissing(MachineError):
    """A step, or a source of images, needs a layer that is not installed."""

    code = "N6S-Y01"
    stage: str
    layer: str
    megabytes: int
    remedy = Remedy(
        "{stage} needs the {layer} layer",
        "It is not installed. It is about {megabytes} MB to download.",
        ("Get it: 'Get the {layer} layer' in the window, or n6studio layers get {layer}.", "Then try again."),
    )


class LayerUnreachable(MachineError):
    """A package's place does not answer."""

    code = "N6S-Y02"
    package: str
    reason: str
    remedy = Remedy(
        "{package} cannot be downloaded",
        "The package index does not answer: {reason}. What was downloaded is kept.",
        ("Check the connection and try again.", _PROXY, "Without a network, use the offline installer."),
    )


class LayerHasNoWheel(MachineError):
    """No place has a file of a package that suits this computer."""

    code = "N6S-Y03"
    package: str
    remedy = Remedy(
        "{package} does not exist for this computer",
        "No package index has a file with a known digest for this system and Python.",
        (
            "N6 Studio runs on 64-bit Windows, macOS on Apple silicon and Linux with glibc 2.34 or later, with Python "
            "3.11 to 3.13, on macOS up to 3.12.",
            "If yours is one of these, report it.",
        ),
    )


class LayerDamaged(MachineError):
    """A downloaded file is not the one that was pinned."""

    code = "N6S-Y04"
    file: str
    remedy = Remedy(
        "{file} was changed on its way",
        "Its SHA-256 differs from the one in N6 Studio's list. It was removed and nothing was installed.",
        ("Try again.", "If it happens again, ask who runs the package index, mirror or proxy of this network."),
    )


class LayerNeedsRoom(MachineError):
    """The disk is too full for a layer."""

    code = "N6S-Y05"
    path: Path | str
    free_megabytes: int
    needed_megabytes: int
    remedy = Remedy(
        "Not enough disk space for the layer",
        "{free_megabytes} MB are free for {path}, {needed_megabytes} MB are needed.",
        ("Free up disk space and try again.",),
    )


class LayerNotInstalled(MachineError):
    """What was downloaded could not be installed."""

    code = "N6S-Y06"
    layer: str
    reason: str
    log: Path | str
    remedy = Remedy(
        "The {layer} layer could not be installed",
        "{reason}. What was there before is unchanged.",
        ("See the log: {log}", "Try again."),
    )


class LayerBusy(MachineError):
    """Another process is getting a layer."""

    code = "N6S-Y07"
    layer: str
    remedy = Remedy(
        "Another N6 Studio is getting a layer",
        "Only one at a time may change the installation; the {layer} layer waits.",
        ("Wait until the other one is done.",),
    )
