"""From an address to a source, and which sources there are."""

from n6studio.domain.errors_link import SourceUnknown
from n6studio.link.sources.base import Source, SourceInfo
from n6studio.link.sources.serial_port import SerialSource, serial_ports
from n6studio.link.sources.tcp import TcpSource

KINDS = ("virtual", "serial", "tcp", "camera", "recording", "video", "pictures")


def open_source(address: str) -> Source:
    """Return the source, not opened yet, that an address names: kind, colon, rest.

    Raises:
        SourceUnknown.
    """
    kind, _, rest = address.partition(":")
    if kind == "serial" and rest:
        return SerialSource(rest)
    if kind == "tcp":
        host, _, port = rest.rpartition(":")
        if host and port.isascii() and port.isdigit():
            return TcpSource(host, int(port))
    raise SourceUnknown(address=address, kinds=list(KINDS))


def find_sources() -> list[SourceInfo]:
    """Return what this computer has to offer, boards first. Takes up to a second; raises nothing."""
    return serial_ports()
