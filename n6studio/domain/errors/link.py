"""Failures of the live stream: ports, sources, frames, recordings. Codes N6S-L.."""

from n6studio.domain.errors.base import ExitCode, StudioError


class LinkError(StudioError):
    """Something about the live stream or where it comes from."""

    exit_code = ExitCode.LINK


class PortMissing(LinkError):
    """There is no such serial port (any more)."""

    code, fields = "N6S-L01", ("port",)


class PortBusy(LinkError):
    """Another program holds the serial port."""

    code, exit_code, fields = "N6S-L02", ExitCode.BUSY, ("port", "holder")


class PortForbidden(LinkError):
    """The operating system does not let this user open the serial port."""

    code, fields = "N6S-L03", ("port", "reason")


class ConnectionLost(LinkError):
    """The source was there and went away."""

    code, fields = "N6S-L04", ("source", "reason")


class ConnectionRefused(LinkError):
    """Nobody answers at a network address."""

    code, fields = "N6S-L05", ("address", "reason")


class CameraUnavailable(LinkError):
    """A camera cannot be opened or gives no picture."""

    code, fields = "N6S-L06", ("camera", "reason")


class RecordingUnreadable(LinkError):
    """A file that holds no frame of a recording."""

    code, fields = "N6S-L07", ("path", "reason")


class NoFrames(LinkError):
    """The source is open, but no picture came."""

    code, fields = "N6S-L08", ("source", "seconds", "received_bytes", "damaged")


class SourceUnknown(LinkError):
    """An address that names no kind of source."""

    code, exit_code, fields = "N6S-L09", ExitCode.USAGE, ("address", "kinds")


class VirtualBoardFailed(LinkError):
    """The virtual board ended instead of starting."""

    code, fields = "N6S-L10", ("reason", "log")


class VideoUnreadable(LinkError):
    """A video file that cannot be decoded."""

    code, fields = "N6S-L11", ("path", "reason")


class NoCommands(LinkError):
    """A source that cannot be told anything."""

    code, fields = "N6S-L12", ("source",)


# --- what plays a board on this computer -----------------------------------------------------------------------------


class ModelNotQuantized(LinkError):
    """A network that the NPU could not run, given to the virtual board."""

    code, exit_code, fields = "N6S-L50", ExitCode.INPUT, ("path", "input_type")


class PortTaken(LinkError):
    """A TCP port that cannot be listened on."""

    code, fields = "N6S-L51", ("address", "reason")


class NoPseudoTerminal(LinkError):
    """A pseudo-terminal was asked for where the system has none."""

    code, fields = "N6S-L52", ("system",)


class NoModelForBoard(LinkError):
    """The virtual board was given nothing to run, and nothing was found."""

    code, exit_code, fields = "N6S-L53", ExitCode.INPUT, ("place",)


class HostInferenceDied(LinkError):
    """The process that runs a network here ended without a word, again and again."""

    code, fields = "N6S-L54", ("how", "log")
