"""QEMU with the firmware: started before this process is held back, ended with it.

The machine's memory is a file that this process sees, too; a UART of the machine is the bell between the two. Where
this process dies, nobody counts the heartbeat on, and the firmware ends the emulation by itself.
"""

import contextlib
import mmap
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from n6studio.domain.errors.boards import EmulatorDied
from n6studio.domain.errors.foreign import reason_of
from n6studio.virtual.window import MAPPED, OFF, Window

MEMORY = 2 << 30  # bytes that the machine has; a file with holes
_BOOT_SECONDS = 10.0
_END_SECONDS = 2.0


class Machine:
    """The emulated board, switched off at first. Any thread may ring and wait.

    Args:
        emulator: qemu-system-arm.
        firmware: what it runs.

    Raises:
        EmulatorDied: it cannot be started.
    """

    def __init__(self, emulator: Path, firmware: Path) -> None:
        self._emulator = emulator
        self._changed = threading.Condition()
        self._rung = 0
        descriptor, name = tempfile.mkstemp(prefix="n6studio-memory-")
        ours, theirs = socket.socketpair()
        try:
            os.truncate(descriptor, MEMORY)
            memory = mmap.mmap(descriptor, MAPPED)
            self.window = Window(memory)
            self.process = subprocess.Popen(
                _command(emulator, firmware, name, theirs.fileno()),
                stdin=subprocess.DEVNULL, stdout=sys.stderr, pass_fds=(theirs.fileno(),),
            )  # fmt: skip
        except OSError as error:
            raise EmulatorDied(emulator=emulator, reason=reason_of(error)) from error
        finally:
            theirs.close()
            os.close(descriptor)
        self._file = Path(name)
        self._bell = ours
        threading.Thread(target=self._listen, name="bell", daemon=True).start()

    def power_up(self) -> None:
        """Switch it on, or reset it, and wait until its firmware runs.

        Raises:
            EmulatorDied: it does not.
        """
        head = self.window.head
        head.power += 1
        self.ring()
        if not self.wait(lambda: head.booted == head.power, _BOOT_SECONDS):
            raise EmulatorDied(emulator=self._emulator, reason=self._how_it_ended() or "the firmware did not start")

    def ring(self) -> None:
        """Wake the board."""
        with contextlib.suppress(OSError):  # it has ended, which `check` tells
            self._bell.send(b"!")

    def wake(self) -> None:
        """Let those who wait look again."""
        with self._changed:
            self._rung += 1
            self._changed.notify_all()

    def wait(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until `condition` holds, looked at whenever the board rings; return whether it does."""
        with self._changed:
            return self._changed.wait_for(condition, seconds)

    def beat(self) -> None:
        """Say that somebody is here; at least every few seconds.

        Raises:
            EmulatorDied: the board is not.
        """
        self.window.head.heartbeat = int(time.monotonic() * 2) & 0xFFFFFFFF
        if reason := self._how_it_ended():
            raise EmulatorDied(emulator=self._emulator, reason=reason)

    def close(self) -> None:
        """Let the firmware end it. This process may end no other; whoever started it sees that nothing is left."""
        self.window.head.power = OFF
        self.ring()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_END_SECONDS)
        self._bell.close()
        self._file.unlink(missing_ok=True)

    def _how_it_ended(self) -> str:
        code = self.process.poll()
        return "" if code is None else f"signal {-code}" if code < 0 else f"exit code {code}"

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while self._bell.recv(4096):
                self.wake()


def _command(emulator: Path, firmware: Path, memory: str, bell: int) -> list[str]:
    return [
        str(emulator), "-nodefaults", "-nic", "none", "-no-reboot", "-display", "none", "-monitor", "none",
        "-machine", "mps3-an547,memory-backend=memory",
        "-object", f"memory-backend-file,id=memory,size={MEMORY},mem-path={memory},share=on",
        "-chardev", f"socket,id=bell,fd={bell}", "-serial", "null", "-serial", "chardev:bell",
        "-kernel", str(firmware),
    ]  # fmt: skip
