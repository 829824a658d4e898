"""Linux: the system calls that a process may not make, by a seccomp filter; a refused call fails with EACCES."""

import ctypes
import os
import platform
import struct
from collections.abc import Sequence

_SECCOMP, _FILTER = 22, 2  # linux/prctl.h, linux/seccomp.h
_REFUSE, _ALLOW = 0x00050000 | 13, 0x7FFF0000  # with EACCES; go on
_FOREIGN_CALLS = 0x40000000  # x32's, which the table below does not know
_INTERNET = (2, 10)  # AF_INET, AF_INET6
_CONNECT = 2  # its place among what is refused

# Audit architecture, `socket`, and what is always refused: starting programs (execve, execveat), reaching others
# (connect, ptrace, process_vm_readv, process_vm_writev, pidfd_getfd), and parts of the kernel that no step needs and
# where its faults are found: io_uring_setup, bpf, perf_event_open, userfaultfd, unshare, setns, mount, add_key,
# request_key, keyctl.
_CALLS = {
    "x86_64": (
        0xC000003E,
        41,
        (59, 322, 42, 101, 310, 311, 438, 425, 321, 298, 323, 272, 308, 165, 248, 249, 250),
    ),
    "aarch64": (
        0xC00000B7,
        198,
        (221, 281, 203, 117, 270, 271, 438, 425, 280, 241, 282, 97, 268, 40, 217, 218, 219),
    ),
}


class NoFilter(Exception):
    """The kernel takes no filter, or the machine is not known; the text says why, as part of a sentence."""


def refuse_calls(kernel: ctypes.CDLL, listening: bool = False, calling: bool = False) -> None:
    """Take programs, connections and rarely used parts of the kernel from this thread and those to come.

    Args:
        kernel: the C library, with errno.
        listening: it may have sockets of the internet's families, to be called on; calling others stays refused.
        calling: it may have such sockets, and call others.

    Raises:
        NoFilter: nothing was taken.
    """
    known = _CALLS.get(platform.machine())
    if known is None:
        raise NoFilter(f"N6 Studio has no filter of system calls for {platform.machine() or 'this machine'}")
    architecture, socket, never = known
    refused = [number for number in never if not calling or number != never[_CONNECT]]
    steps = _program(architecture, socket, refused, listening or calling)
    code = b"".join(steps)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("<H6xQ", len(steps), ctypes.addressof(buffer))
    if kernel.prctl(_SECCOMP, _FILTER, ctypes.create_string_buffer(program, len(program)), 0, 0):
        raise NoFilter(f"the kernel takes no filter of system calls: {os.strerror(ctypes.get_errno())}")


def _program(architecture: int, socket: int, refused: Sequence[int], listening: bool) -> list[bytes]:
    """Return the filter's instructions (struct sock_filter)."""

    def load(offset: int) -> bytes:
        return struct.pack("<HBBI", 0x20, 0, 0, offset)

    def jump(kind: int, value: int, yes: int, no: int) -> bytes:
        return struct.pack("<HBBI", kind, yes, no, value)

    def end(answer: int) -> bytes:
        return struct.pack("<HBBI", 0x06, 0, 0, answer)

    equal, least = 0x15, 0x35
    # What is loaded: struct seccomp_data has the call's number at 0, the architecture at 4, the arguments from 16.
    steps = [load(4), jump(equal, architecture, 1, 0), end(_REFUSE), load(0)]
    steps += [jump(least, _FOREIGN_CALLS, 0, 1), end(_REFUSE)]
    for number in refused:
        steps += [jump(equal, number, 0, 1), end(_REFUSE)]
    if not listening:
        return [*steps, jump(equal, socket, 0, 1), end(_REFUSE), end(_ALLOW)]
    steps += [jump(equal, socket, 0, 2 * len(_INTERNET) + 2), load(16)]
    for family in _INTERNET:
        steps += [jump(equal, family, 0, 1), end(_ALLOW)]
    return [*steps, end(_REFUSE), end(_ALLOW)]
