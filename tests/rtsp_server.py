"""A small RTSP server for tests: plays what PyAV encodes to whoever connects, RTP inside the connection (RFC 2326)."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator

import av
import cv2
import numpy as np

SIZE = (160, 128)  # whole blocks of 16, as JPEGs over RTP want them
_SDP = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=test\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=video 0 RTP/AVP {}\r\n{}a=control:track\r\n"
)
_QUALITY = 70
_PIECE = 1200  # bytes of a packet
_KINDS = {
    "libx264": (96, "a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\n", {"tune": "zerolatency", "g": "5"}),
    "libx265": (96, "a=rtpmap:96 H265/90000\r\n", {"tune": "zerolatency", "x265-params": "log-level=0"}),
    "mjpeg": (26, "", {}),
}  # fmt: skip


def shade(number: int) -> int:
    """The grey of an image."""
    return 20 + 12 * (number % 18)


def image(number: int) -> np.ndarray:
    """An image of one grey with a red edge at the left."""
    made = np.full((SIZE[1], SIZE[0], 3), shade(number), np.uint8)
    made[:, :32] = (220, 0, 0)
    return made


def rtp_packets(codec: str) -> Iterator[bytes]:
    """Every packet of an endless stream."""
    yield from jpeg_packets() if codec == "mjpeg" else coded_packets(codec)


def jpeg_packets() -> Iterator[bytes]:
    """JPEGs by RFC 2435: no header goes along, only a quality from which the receiver makes the tables anew."""
    count = 0
    for number in range(100_000):
        _, made = cv2.imencode(".jpg", image(number)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        data = made.tobytes()
        scan = data[data.index(b"\xff\xda") + 14 : -2]
        for at in range(0, len(scan), _PIECE):
            last = at + _PIECE >= len(scan)
            head = struct.pack(">BBHII", 0x80, 26 | last << 7, count & 0xFFFF, number * 3600, 7)
            yield head + struct.pack(">IBBBB", at, 1, _QUALITY, SIZE[0] // 8, SIZE[1] // 8) + scan[at : at + _PIECE]
            count += 1
        time.sleep(0.02)


def coded_packets(codec: str) -> Iterator[bytes]:
    """What FFmpeg makes of a codec's packets."""
    sent: list[bytes] = []

    class Collected:
        def write(self, data) -> int:
            sent.append(bytes(data))
            return len(data)

    _, _, options = _KINDS[codec]
    with av.open(Collected(), "w", format="rtp", options={"packetsize": str(_PIECE)}) as container:
        stream = container.add_stream(codec, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for number in range(100_000):
            for packet in stream.encode(av.VideoFrame.from_ndarray(image(number), "rgb24")):
                container.mux(packet)
            yield from sent
            sent.clear()
            time.sleep(0.02)


class Server:
    """Serves one stream to one after another.

    Args:
        codec: of the stream, as PyAV's encoder is called.
        damage: changes each packet before it is sent.
    """

    def __init__(self, codec: str, damage=lambda packet: packet) -> None:
        self._codec, self._damage = codec, damage
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._over = threading.Event()
        self.url = f"rtsp://127.0.0.1:{self._socket.getsockname()[1]}/live"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._over.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while not self._over.is_set():
                connection, _ = self._socket.accept()
                with connection, contextlib.suppress(OSError):
                    self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        asked = connection.makefile("r", encoding="latin-1", newline="\r\n")
        number, attributes, _ = _KINDS[self._codec]
        while line := asked.readline():
            method, url, _ = line.split()
            headers = {}
            while (row := asked.readline()).strip():
                name, _, value = row.partition(":")
                headers[name.lower()] = value.strip()
            body, more = "", ""
            if method == "DESCRIBE":
                body = _SDP.format(number, attributes)
                more = f"Content-Type: application/sdp\r\nContent-Base: {url}/\r\nContent-Length: {len(body)}\r\n"
            elif method == "SETUP":
                more = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 7\r\n"
            elif method == "OPTIONS":
                more = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"
            answer = f"RTSP/1.0 200 OK\r\nCSeq: {headers.get('cseq', '')}\r\n{more}\r\n{body}"
            connection.sendall(answer.encode())
            if method == "PLAY":
                for packet in rtp_packets(self._codec):
                    if self._over.is_set():
                        return
                    of_rtp = not 200 <= packet[1] <= 204
                    packet = self._damage(packet) if of_rtp else packet
                    connection.sendall(struct.pack(">cBH", b"$", 0 if of_rtp else 1, len(packet)) + packet)
