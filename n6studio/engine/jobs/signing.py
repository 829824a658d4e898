"""The signature of results: whether this user's N6 Studio wrote a result, or it came from elsewhere.

A result is a file that anybody can write. What is signed with this user's key was written here, with outputs of exactly
these contents; everything else is shown and never taken for done. The key is 32 random bytes in the user's
configuration folder, readable by the user alone.
"""

import contextlib
import hashlib
import hmac
import json
import logging
import secrets
from pathlib import Path

import msgspec
import platformdirs

from n6studio.domain.encoding import decoded, encoded, plain_values_of
from n6studio.domain.errors.base import StudioError
from n6studio.domain.results import StoredResult
from n6studio.gates.files import read_bytes
from n6studio.system.files import publish_new

KEY_BYTES = 32


def key_file() -> Path:
    """Return where this user's key lies."""
    return platformdirs.user_config_path("n6studio", appauthor=False) / "results.key"


def signed(stored: StoredResult) -> StoredResult:
    """Return a result with this user's signature; without one where no key can be kept."""
    stored = decoded(encoded(stored), StoredResult)  # as it will be read: values that JSON has no word for become null
    try:
        key = _key(make=True)
    except (OSError, StudioError) as error:
        logging.getLogger("n6studio").warning("results are not signed: %s", error)
        return stored
    return msgspec.structs.replace(stored, signature=_signature(stored, key))


def is_ours(stored: StoredResult) -> bool:
    """Return whether a result carries this user's signature, and is what was signed."""
    if not stored.signature:
        return False
    try:
        ours = _signature(stored, _key(make=False))
    except (OSError, StudioError):
        return False
    except (ValueError, RecursionError):  # figures with numbers or nesting that Python does not read: never signed
        return False
    return hmac.compare_digest(stored.signature.encode("utf-8", "replace"), ours.encode())


def _signature(stored: StoredResult, key: bytes) -> str:
    """Return the HMAC-SHA256 over all values of a result: request, outputs with digests, figures and the rest."""
    values = {name: value for name, value in plain_values_of(stored).items() if name != "signature"}
    return hmac.new(key, json.dumps(values, sort_keys=True).encode(), hashlib.sha256).hexdigest()


def _key(make: bool) -> bytes:
    """Return this user's key.

    Raises:
        OSError: there is none, or it cannot be read.
        DiskFull, NotWritable: it could not be made.
    """
    path = key_file()
    with contextlib.suppress(FileNotFoundError):
        key = read_bytes(path, KEY_BYTES)
        if len(key) == KEY_BYTES:
            return key
        if not make:
            raise OSError(f"{path} holds no key")
        path.unlink()  # half a key signs nothing; results that it signed are from elsewhere from now on
    if not make:
        raise FileNotFoundError(f"{path} is not there")
    _make_key(path)
    return read_bytes(path, KEY_BYTES)


def _make_key(path: Path) -> None:
    """Write a new key, unless another process was quicker; there is a whole one afterwards, or none.

    Raises:
        DiskFull, NotWritable.
    """
    publish_new(path, secrets.token_bytes(KEY_BYTES), mode=0o600)
