"""A stream over TCP: a virtual board, or a board behind a model adapter."""

import contextlib
import socket

from n6studio.domain.errors.foreign import reason_of
from n6studio.domain.errors.link import ConnectionLost, ConnectionRefused
from n6studio.link.sources.base import Capability, Source, SourceInfo

CONNECT_WITHIN = 1.5  # seconds; shorter than a session may take to stop
WRITE_WITHIN = 5.0  # seconds
_CHUNK = 1 << 18


def tcp_info(host: str, port: int) -> SourceInfo:
    """Return what is known of a network address."""
    capabilities = Capability.COMMANDS | Capability.CAN_HAVE_RESULTS
    return SourceInfo(f"tcp:{host}:{port}", f"{host}:{port}", "network", capabilities)


class TcpSource(Source):
    """Connects to a host that streams at once."""

    def __init__(self, host: str, port: int, info: SourceInfo | None = None) -> None:
        super().__init__(info or tcp_info(host, port))
        self._address = (host, port)
        self._socket: socket.socket | None = None

    def open(self) -> None:
        """Connect."""
        self.close()
        try:
            self._socket = socket.create_connection(self._address, CONNECT_WITHIN)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except (OSError, OverflowError, UnicodeError) as error:
            self.close()
            host, port = self._address
            raise ConnectionRefused(address=f"{host}:{port}", reason=reason_of(error)) from error

    def read(self, timeout: float) -> bytes:
        """Return what has arrived."""
        connection = self._connected()
        try:
            connection.settimeout(timeout)
            data = connection.recv(_CHUNK)
        except TimeoutError:
            return b""
        except OSError as error:
            raise ConnectionLost(source=self.info.name, reason=reason_of(error)) from error
        if not data:
            raise ConnectionLost(source=self.info.name, reason="the other side closed the connection")
        return data

    def write(self, data: bytes) -> None:
        """Send a command."""
        connection = self._connected()
        try:
            connection.settimeout(WRITE_WITHIN)
            connection.sendall(data)
        except OSError as error:
            raise ConnectionLost(source=self.info.name, reason=reason_of(error)) from error

    def close(self) -> None:
        """Disconnect."""
        connection, self._socket = self._socket, None
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _connected(self) -> socket.socket:
        if self._socket is None:
            raise ConnectionLost(source=self.info.name, reason="not connected")
        return self._socket
