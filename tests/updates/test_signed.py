"""Signatures: vectors of RFC 8032, what minisign 0.11 wrote, and everything that must not be believed."""

import base64

import pytest
from minisigning import Key

from n6studio.domain.errors.updates import UpdateNotGenuine
from n6studio.engine.updates.ed25519 import verify
from n6studio.engine.updates.signed import public_key, verified

RFC = [
    ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
    ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
    ("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
]  # fmt: skip

# Written by minisign 0.11 with a key that was thrown away; the second one with -l, which signs the text itself.
PUBLIC = "RWRP7FB2uSa/P8t1PpHNYdZZx1oRY2RpO2/nRZJcBqqj9MbO5BcmYVuh"
TEXT = b'{"a": 1}\n'
HASHED = b"""untrusted comment: signature from minisign secret key
RURP7FB2uSa/P1H6ByLfhuCx3dkHz+rfTgjVt0VBia7ovRaMNlzG+/6cQLw5Ykd5JHIJZee0EGHLDWB+WIwjU9eq1VdsFyWBbQY=
trusted comment: a throw-away key
OGTT9TILbW4UNSyEKO4XTJJreOSVXEYRjkhGRRKVLKWbmMaXPwSY0c8S5wBN0+7q0E8Mv61Aw4KMI/NhKUcrCg==
"""
PLAIN = b"""untrusted comment: signature from minisign secret key
RWRP7FB2uSa/P2deGrraQmCwBySQiVESF+oDr1tfBVuA0WyqiqkHjXrkUoa8ZswyrTcvKB3Vbng+wOsIgdy02UIpM/Ps1rAGzgU=
trusted comment: legacy
7wpd8UA0zFgcaQi+QAz/is9llay1pmlKcWuUqAydViNhIfW4yf4QDNkWh432fZJtGLdRUtIcg6rxVKLovwYiAw==
"""
ORDER = 2**252 + 27742317777372353535851937790883648493


@pytest.mark.parametrize(("key", "message", "signature"), RFC)
def test_vectors_of_the_rfc_verify_and_no_flipped_bit_does(key, message, signature):
    key, message, signature = (bytes.fromhex(one) for one in (key, message, signature))
    assert verify(key, message, signature)
    assert not verify(key, message + b"x", signature)
    for place in (0, 20, 31, 32, 50, 63):
        spoiled = bytearray(signature)
        spoiled[place] ^= 1
        assert not verify(key, message, bytes(spoiled))
    other = bytearray(key)
    other[5] ^= 4
    assert not verify(bytes(other), message, signature)


def test_signature_with_a_scalar_past_the_order_is_another_text_for_the_same_and_refused():
    key, message, signature = (bytes.fromhex(one) for one in RFC[0])
    scalar = int.from_bytes(signature[32:], "little") + ORDER
    assert not verify(key, message, signature[:32] + scalar.to_bytes(32, "little"))


@pytest.mark.parametrize("key", [
    b"\xff" * 32,  # y past the field
    (2).to_bytes(32, "little"),  # no point has this y
    (1 | 1 << 255).to_bytes(32, "little"),  # x is 0 and negative
    b"", b"x" * 33,
])  # fmt: skip
def test_bytes_that_are_no_point_are_nobodys_key(key):
    assert not verify(key, b"", bytes(64))


def test_tests_sign_as_the_rfc_does():
    seed = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    key, message, signature = (bytes.fromhex(one) for one in RFC[1])
    assert Key(seed).public == key
    assert Key(seed).sign(message) == signature


@pytest.mark.parametrize("head", [HASHED, PLAIN])
def test_what_minisign_wrote_is_believed(head):
    assert verified(head + TEXT, public_key(PUBLIC)) == TEXT


@pytest.mark.parametrize(("data", "reason"), [
    (HASHED + b'{"a": 2}\n', "does not fit"),
    (PLAIN + b'{"a": 2}\n', "does not fit"),
    (HASHED.replace(b"a throw-away", b"A throw-away") + TEXT, "does not fit"),
    (HASHED.replace(b"RURP", b"RWRP") + TEXT, "does not fit"),  # says that the text itself was signed
    (HASHED.replace(b"RURP", b"RVRP") + TEXT, "does not fit"),  # a kind that there is not
    (HASHED + TEXT[:-3], "does not fit"),
    (HASHED[:-60], "carries no signature"),
    (TEXT, "carries no signature"),
    (b"", "carries no signature"),
    (b"\n\ntrusted comment: \n\n" + TEXT, "another key"),
    (HASHED.replace(b"bQY=", b"b!Y=") + TEXT, "cannot be read"),
])  # fmt: skip
def test_what_was_changed_is_refused_with_the_reason(data, reason):
    with pytest.raises(UpdateNotGenuine) as caught:
        verified(data, public_key(PUBLIC))
    assert reason in caught.value.reason


def test_another_key_of_the_same_name_and_one_of_another_name_are_refused():
    name = base64.b64decode(PUBLIC)[2:10]
    for key, reason in ((Key(name=name), "does not fit"), (Key(), "another key")):
        with pytest.raises(UpdateNotGenuine) as caught:
            verified(key.signed(TEXT), public_key(PUBLIC))
        assert reason in caught.value.reason
        assert verified(key.signed(TEXT), public_key(key.text)) == TEXT


@pytest.mark.parametrize("text", ["", "RW", "not base64!", base64.b64encode(b"ED" + bytes(40)).decode()])
def test_what_is_no_key_is_told(text):
    with pytest.raises(ValueError, match=r"public key|padding|base64"):
        public_key(text)
