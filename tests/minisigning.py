"""Signs as minisign does, with throw-away keys: RFC 8032's own way, with points as pairs, for tests alone."""

import base64
import hashlib

P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
BASE = (
    15112221349535400772501151409588531511454012693041857206046113283949847762202,
    46316835694926478169428394003475163141307993866256225615783033603165251855960,
)
NAME = b"\x01\x02\x03\x04\x05\x06\x07\x08"


def added(one, other):
    (x1, y1), (x2, y2) = one, other
    product = D * x1 * x2 * y1 * y2 % P
    return (
        (x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P,
        (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P,
    )


def times(factor, point):
    total = (0, 1)
    for bit in bin(factor)[2:]:
        total = added(total, total)
        if bit == "1":
            total = added(total, point)
    return total


def encoded(point):
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


class Key:
    """A throw-away key, made from 32 bytes."""

    def __init__(self, seed=b"throw this key away, it is known", name=NAME):
        digest = hashlib.sha512(seed).digest()
        self.scalar = int.from_bytes(digest[:32], "little") & (2**254 - 8) | 2**254
        self.prefix, self.name = digest[32:], name
        self.public = encoded(times(self.scalar, BASE))

    @property
    def text(self):
        return base64.b64encode(b"Ed" + self.name + self.public).decode()

    def sign(self, message):
        nonce = int.from_bytes(hashlib.sha512(self.prefix + message).digest(), "little") % ORDER
        point = encoded(times(nonce, BASE))
        factor = int.from_bytes(hashlib.sha512(point + self.public + message).digest(), "little")
        return point + ((nonce + factor * self.scalar) % ORDER).to_bytes(32, "little")

    def signed(self, text, comment="of a test"):
        """Return a signed file: four lines, then the text."""
        signature = self.sign(hashlib.blake2b(text).digest())
        lines = [
            b"untrusted comment: signature from minisign secret key",
            base64.b64encode(b"ED" + self.name + signature),
            b"trusted comment: " + comment.encode(),
            base64.b64encode(self.sign(signature + comment.encode())),
        ]
        return b"\n".join([*lines, text])
