"""Failures of the live stream: ports, sources, frames, recordings. Codes N6S-L.."""

from n6studio.domain.errors import ExitCode, StudioError


class LinkError(StudioError):
    """Something about the live stream or where it comes from."""

    exit_code = ExitCode.LINK


# --- what plays a board on this computer -----------------------------------------------------------------------------


class ModelNotQuantized(LinkError):
    """A network that the NPU could not run, given to the virtual board."""

    code, exit_code, fields = "N6S-L50", ExitCode.INPUT, ("path", "input_type")


class CameraUnavailable(LinkError):
    """A camera or video that gives no pictures."""

    code, fields = "N6S-L51", ("camera", "reason")


class PortTaken(LinkError):
    """A TCP port that cannot be listened on."""

    code, fields = "N6S-L52", ("address", "reason")


class NoPseudoTerminal(LinkError):
    """A pseudo-terminal was asked for where the system has none."""

    code, fields = "N6S-L53", ("system",)


class NoModelForBoard(LinkError):
    """The virtual board was given nothing to run, and nothing was found."""

    code, exit_code, fields = "N6S-L54", ExitCode.INPUT, ("place",)


class BoardProcessDied(LinkError):
    """The process of the virtual board or of host inference ended without a word."""

    code, fields = "N6S-L55", ("process", "how", "log")
