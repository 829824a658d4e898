"""A text with its signature before it, in one file: four lines as minisign writes them, then the text.

``minisign -Sm update.json`` and ``cat update.json.minisig update.json`` make one.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass

from n6studio.domain.errors.updates import UpdateNotGenuine
from n6studio.engine.updates.ed25519 import verify

_COMMENT = b"trusted comment: "
_PLAIN, _HASHED = b"Ed", b"ED"  # what is signed: the text, or its BLAKE2b digest of 64 bytes


@dataclass(frozen=True)
class PublicKey:
    """Whose signatures count.

    Attributes:
        name: 8 bytes that tell keys apart.
        key: 32 bytes.
    """

    name: bytes
    key: bytes


def public_key(text: str) -> PublicKey:
    """Return the key that minisign writes as 'RW...'.

    Raises:
        ValueError: it is none.
    """
    raw = _decoded(text.encode())
    if len(raw) != 42 or raw[:2] != _PLAIN:
        raise ValueError(f"no public key of minisign: {text}")
    return PublicKey(raw[2:10], raw[10:])


def verified(data: bytes, key: PublicKey) -> bytes:
    """Return the text of a signed file.

    Raises:
        UpdateNotGenuine: it is not signed with this key, or not as it came here.
    """
    lines = data.split(b"\n", 4)
    if len(lines) < 5 or not lines[2].startswith(_COMMENT):
        raise UpdateNotGenuine(reason="it carries no signature")
    try:
        signed, comment_signature = _decoded(lines[1]), _decoded(lines[3])
    except ValueError as error:
        raise UpdateNotGenuine(reason="its signature cannot be read") from error
    kind, name, signature = signed[:2], signed[2:10], signed[10:]
    if name != key.name:
        raise UpdateNotGenuine(reason="it is signed with another key")
    text = lines[4]
    message = hashlib.blake2b(text).digest() if kind == _HASHED else text
    comment = lines[2][len(_COMMENT) :].rstrip(b"\r")
    whole = kind in (_PLAIN, _HASHED) and verify(key.key, message, signature)
    if not (whole and verify(key.key, signature + comment, comment_signature)):
        raise UpdateNotGenuine(reason="its signature does not fit its text")
    return text


def _decoded(text: bytes) -> bytes:
    try:
        return base64.b64decode(text.strip(), validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error
