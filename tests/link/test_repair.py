"""What looking for protected frames and repairing them may cost, to the byte."""

import pytest
from link_builders import jpeg, results

from n6studio.link.protection.frame import HEAD_SIZE, read_head
from n6studio.link.protection.repair import Repair
from n6studio.link.wire.frame import encode_frame

SENT = encode_frame(jpeg(1, 48, 32), results(7), protect=True)
HEAD = read_head(SENT)
NO_HEAD = bytearray(HEAD_SIZE * 2)
LOOK, FAILED = 32768, 262144  # bytes that have to be received for each


def may_look(repair):
    """Whether there is any allowance left: only then it waits for the rest of a head."""
    return repair.needs_more(bytearray(), 10**9)


def exhausted():
    """Return one that has looked in vain 32 times, which is all that it may without receiving anything."""
    repair = Repair()
    for count in range(32):
        assert may_look(repair)
        assert not repair.needs_more(NO_HEAD, count % 2)
    assert not may_look(repair)
    return repair


def with_allowance(count):
    repair = exhausted()
    repair.received(count)
    return repair


def damaged(places):
    frame = bytearray(SENT)
    for place in places:
        frame[place] ^= 1
    return bytes(frame)


HIT, LOST = damaged([HEAD_SIZE + 9]), damaged(range(HEAD_SIZE, len(SENT)))


def test_no_more_is_saved_than_for_32_looks_in_vain():
    repair = Repair()
    repair.received(10**9)
    for count in range(32):
        assert may_look(repair)
        repair.needs_more(NO_HEAD, count % 2)
    assert not may_look(repair)
    repair.received(1)
    assert may_look(repair)


@pytest.mark.parametrize(("buffer", "cost"), [(NO_HEAD, FAILED), (bytearray(SENT), LOOK)])
def test_what_a_look_costs(buffer, cost):
    for received, left in ((cost, False), (cost + 1, True)):
        repair = with_allowance(received)
        assert not repair.needs_more(buffer, 0)
        assert may_look(repair) is left
        assert not repair.needs_more(buffer, 0)  # which was looked at, and costs nothing again
        assert may_look(repair) is left


def test_what_a_repair_earns_and_costs():
    repair = with_allowance(1)
    assert repair.repaired(HIT, HEAD, whole=False) == SENT
    repair.needs_more(bytearray(SENT), 0)
    assert may_look(repair)  # one byte is left
    repair = with_allowance(1)
    assert repair.repaired(HIT, HEAD, whole=True) == HIT  # taken at the parser's word
    repair.needs_more(bytearray(SENT), 0)
    assert may_look(repair)
    for received, left in ((FAILED + len(SENT), False), (FAILED + len(SENT) + 1, True)):
        repair = with_allowance(received)
        assert repair.repaired(LOST, HEAD, whole=False) is None
        assert may_look(repair) is left


def test_without_allowance_nothing_is_repaired_and_nothing_looked_at():
    repair = exhausted()
    assert repair.repaired(HIT, HEAD, whole=False) is None
    repair.received(FAILED + len(SENT))
    assert not may_look(repair)  # that, too, was paid for
    repair = exhausted()
    assert not repair.needs_more(bytearray(SENT), 0)
    assert repair.head(0) is None
    assert repair.repaired(SENT, HEAD, whole=True) == SENT


def test_a_head_is_waited_for_until_its_last_byte():
    repair = Repair()
    for start in (0, 3):
        buffer = bytearray(start) + SENT[:HEAD_SIZE]
        assert repair.needs_more(buffer[:-1], start)
        assert repair.head(start) is None
        assert not repair.needs_more(buffer, start)
        assert repair.head(start) == HEAD
        assert repair.head(start + 1) is None


def test_places_move_with_the_buffer_and_are_forgotten():
    repair = Repair()
    assert (repair.protected, repair.expected < 0) == (False, True)
    repair.needs_more(bytearray(5) + SENT, 5)
    repair.judged(HEAD, 100)
    assert (repair.protected, repair.expected) == (True, 100)
    repair.drop(5)
    assert (repair.expected, repair.head(0)) == (95, HEAD)
    repair.forget()
    assert (repair.expected, repair.head(0), repair.head(-1) is not None) == (-1, None, True)
    repair.judged(HEAD, 100)
    repair.judged(None, 200)
    assert (repair.protected, repair.expected) == (False, -1)
