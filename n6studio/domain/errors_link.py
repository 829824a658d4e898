"""Failures of the live stream: ports, sources, frames, recordings. Codes N6S-L.."""

from n6studio.domain.errors import ExitCode, StudioError


class LinkError(StudioError):
    """Something about the live stream or where it comes from."""

    exit_code = ExitCode.LINK
