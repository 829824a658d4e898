"""A stream of JPEGs over HTTP, as network cameras and phones send one: ``multipart/x-mixed-replace``.

What lies between the images, headers and boundaries, is what a parser of JPEGs passes over; so the bytes go on as they
come, and results inside of them survive. The request is of HTTP 1.0, so that no server cuts the answer into chunks.
"""

import socket
import ssl
from urllib.parse import urlsplit

from n6studio.domain.errors.foreign import reason_of
from n6studio.domain.errors.link import ConnectionLost, ConnectionRefused
from n6studio.link.sources.base import Capability, SourceInfo
from n6studio.link.sources.tcp import TcpSource

SCHEMES = ("http", "https")
ANSWER_WITHIN = 3.0  # seconds
_LONGEST_HEAD = 65_536  # bytes
_KINDS = ("multipart/", "image/jpeg", "video/", "application/octet-stream")
_CODED = ("video/mp2t", "video/mp4", "video/webm", "video/x-flv", "video/h264", "video/h265", "video/quicktime")
_PORTS = {"http": 80, "https": 443}


def http_info(url: str) -> SourceInfo:
    """Return what is known of an address."""
    return SourceInfo(url, urlsplit(url).hostname or url, url, Capability.CAN_HAVE_RESULTS)


class HttpSource(TcpSource):
    """Asks a server for its stream, and reads it until it ends.

    Args:
        url: http://HOST[:PORT]/PATH or https://...

    Raises:
        ValueError: it is no such address.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in SCHEMES or not parts.hostname:
            raise ValueError(f"{url} is no address")
        super().__init__(parts.hostname, parts.port or _PORTS[parts.scheme], http_info(url))
        self._url = parts
        self._left = b""  # of the stream, that came with the head of the answer

    def open(self) -> None:
        """Connect, and see that a stream comes."""
        super().open()
        try:
            connection = self._connected()
            connection.settimeout(ANSWER_WITHIN)
            if self._url.scheme == "https":
                connection = ssl.create_default_context().wrap_socket(connection, server_hostname=self._url.hostname)
                self._socket = connection
            connection.sendall(self._request())
            head, self._left = _head_of(connection)
        except (OSError, ValueError) as error:
            self.close()
            raise ConnectionRefused(address=self.info.address, reason=reason_of(error)) from error
        reason = _problem(head)
        if reason:
            self.close()
            raise ConnectionRefused(address=self.info.address, reason=reason)

    def _request(self) -> bytes:
        path = (self._url.path or "/") + (f"?{self._url.query}" if self._url.query else "")
        host = self._url.netloc.rpartition("@")[2]
        text = f"GET {path} HTTP/1.0\r\nHost: {host}\r\nUser-Agent: n6studio\r\nAccept: */*\r\n\r\n"
        return text.encode("ascii")

    def read(self, timeout: float) -> bytes:
        """Return what has arrived."""
        if self._left:
            left, self._left = self._left, b""
            return left
        return super().read(timeout)

    def write(self, data: bytes) -> None:
        """Refuse: nobody listens there."""
        raise ConnectionLost(source=self.info.name, reason="an HTTP stream takes no commands")


def _head_of(connection: socket.socket) -> tuple[bytes, bytes]:
    """Return the head of an answer, and what came with it of the rest."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(4096)
        if not more or len(data) > _LONGEST_HEAD:
            raise ValueError("the server gives no HTTP answer")
        data += more
    head, _, left = data.partition(b"\r\n\r\n")
    return head, left


def _problem(head: bytes) -> str:
    """Return why an answer is no stream of JPEGs, '' where it is one."""
    first, *lines = head.decode("latin-1").split("\r\n")
    fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    kind = fields.get("content-type", "")
    if " 200" not in first:
        return f"the server answers {first!r}"
    if not kind.lower().startswith(_KINDS):
        return f"it sends {kind or 'something without a type'}, which is no stream of JPEGs"
    if kind.lower().startswith(_CODED):
        return f"it sends {kind}, which holds no JPEGs; if the camera has an rtsp: address as well, that is shown"
    if fields.get("transfer-encoding", "").lower() == "chunked":
        return "it cuts the stream into chunks, which is not supported"
    return ""
