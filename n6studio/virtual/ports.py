"""The board's end of the cable: a pseudo-terminal or a TCP port.

A port is written by one thread and read by another. Nobody waits for a host that does not read: `write` tells how far
it came, and the caller decides what to do with the rest.
"""

import contextlib
import os
import select
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Protocol

from n6studio.domain.errors.foreign import reason_of, writing
from n6studio.domain.errors.link import NoPseudoTerminal, PortTaken
from n6studio.domain.virtual_board import VirtualBoardSettings

CHUNK = 65536  # bytes
_POLL_SECONDS = 0.02
_SEND_BUFFER = 128 * 1024  # bytes; the system's own choice can hold seconds of the stream, which nobody wants to see


class Port(Protocol):
    """One end of a cable that can be pulled out and put back."""

    address: str
    connection: int  # counts the hosts that came, from 1; 0 before the first

    @property
    def connected(self) -> bool:
        """Whether there is a host at the other end."""
        ...

    def write(self, data: memoryview, seconds: float) -> int:
        """Send what the host takes within `seconds`; return how many bytes that were, -1 if it is gone."""
        ...

    def read(self, seconds: float) -> bytes:
        """Return what the host sent within `seconds`, b'' if nothing; also notices who comes and goes."""
        ...

    def unplug(self) -> None:
        """Pull the cable out."""
        ...

    def plug_in(self) -> None:
        """Put it back; the address of a pseudo-terminal may change."""
        ...

    def close(self) -> None:
        """End it."""
        ...


def open_port(settings: VirtualBoardSettings) -> Port:
    """Return the port that the settings ask for.

    Raises:
        NoPseudoTerminal: this system has none.
        PortTaken: the TCP port is in use, or is no address of this computer.
        NotWritable: the name for the pseudo-terminal cannot be given.
    """
    has_terminals = os.name != "nt"
    if settings.transport == "tcp" or (settings.transport == "auto" and not (has_terminals and settings.link)):
        return _TcpPort(settings.host, settings.port)
    if not has_terminals:
        raise NoPseudoTerminal(system=sys.platform)
    return _PtyPort(Path(settings.link) if settings.link else None)


class _TcpPort:
    """A TCP port that takes one host at a time; others are sent away.

    Args:
        host: address to listen on.
        port: 0 for any that is free.
    """

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._lock = threading.Lock()
        self._client: socket.socket | None = None
        self._listener: socket.socket | None = None
        self.connection = 0
        self.address = self._named()
        self.plug_in()

    def _named(self) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"tcp://{host}:{self._port}"

    @property
    def connected(self) -> bool:
        return self._client is not None

    def plug_in(self) -> None:
        if self._listener is not None:
            return
        try:
            family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
            listener = socket.create_server((self._host, self._port), family=family, backlog=4)
        except (OSError, OverflowError) as error:
            raise PortTaken(address=self.address, reason=reason_of(error)) from error
        listener.setblocking(False)
        self._port = int(listener.getsockname()[1])
        self.address = self._named()
        self._listener = listener

    def unplug(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        self._drop(self._client)

    close = unplug

    def _drop(self, client: socket.socket | None) -> None:
        if client is None:
            return
        with self._lock:
            if self._client is client:  # and not the next one, who may have come meanwhile
                self._client = None
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)
        client.close()

    def write(self, data: memoryview, seconds: float) -> int:
        client = self._client
        if client is None:
            return -1
        sent, end = 0, time.monotonic() + seconds
        while sent < len(data):
            try:
                sent += client.send(data[sent : sent + CHUNK])
            except BlockingIOError:
                left = end - time.monotonic()
                if left <= 0 or client.fileno() < 0:
                    break
                with contextlib.suppress(OSError, ValueError):
                    select.select([], [client], [], min(left, _POLL_SECONDS))
            except OSError:
                self._drop(client)
                return -1
        return sent

    def read(self, seconds: float) -> bytes:
        listener, client = self._listener, self._client
        known = [item for item in (listener, client) if item is not None and item.fileno() >= 0]
        if not known:
            time.sleep(seconds)
            return b""
        data = b""
        try:
            ready, _, _ = select.select(known, [], [], seconds)
            if client in ready and client is not None:
                data = client.recv(CHUNK)
                if not data:  # it has hung up; the next one may wait already
                    self._drop(client)
            if listener in ready:
                self._accept(listener)
        except BlockingIOError:
            pass
        except (OSError, ValueError):  # it broke off, or we unplugged meanwhile
            self._drop(client)
        return data

    def _accept(self, listener: socket.socket | None) -> None:
        if listener is None:
            return
        try:
            client, _ = listener.accept()
        except OSError:  # it has gone again
            return
        if self._client is not None:
            client.close()  # the cable has one end only
            return
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        self.connection += 1
        self._client = client


class _PtyPort:
    """A pseudo-terminal in place of a USB serial port.

    Args:
        link: name under which it can be found, whatever its real path is; None for none.
    """

    def __init__(self, link: Path | None) -> None:
        self._link = link
        self._master = -1
        self._lock = threading.Lock()
        self._open_at_other_end = False
        self.connection = 0
        self.address = ""
        self.plug_in()

    @property
    def connected(self) -> bool:
        return self._open_at_other_end

    def plug_in(self) -> None:
        import pty
        import tty

        if self._master >= 0:
            return
        master, slave = pty.openpty()
        tty.setraw(slave)  # or the terminal would turn bytes of images into signals and line ends
        path = os.ttyname(slave)
        os.close(slave)
        os.set_blocking(master, False)
        if self._link is not None:
            _point(self._link, path)
        self.address = str(self._link or path)
        self._master = master

    def unplug(self) -> None:
        with self._lock:
            master, self._master = self._master, -1
            self._open_at_other_end = False
        if master >= 0:
            os.close(master)

    def close(self) -> None:
        self.unplug()
        if self._link is not None and self._link.is_symlink():
            self._link.unlink(missing_ok=True)

    def write(self, data: memoryview, seconds: float) -> int:
        sent, end = 0, time.monotonic() + seconds
        while sent < len(data):
            with self._lock:
                if not self._open_at_other_end:
                    return -1
                try:
                    sent += os.write(self._master, data[sent : sent + CHUNK])
                    continue
                except BlockingIOError:
                    pass
                except OSError:
                    self._open_at_other_end = False
                    return -1
            left = end - time.monotonic()
            if left <= 0:
                break
            self._wait(select.POLLOUT, min(left, _POLL_SECONDS))
        return sent

    def read(self, seconds: float) -> bytes:
        events = self._wait(select.POLLIN, seconds)
        if events & select.POLLIN:
            with self._lock, contextlib.suppress(OSError):
                self._notice(True)
                return os.read(self._master, CHUNK)
        gone = bool(events & (select.POLLHUP | select.POLLERR | select.POLLNVAL))
        self._notice(not gone)
        if gone:
            time.sleep(min(seconds, _POLL_SECONDS))
        return b""

    def _notice(self, somebody: bool) -> None:
        """A pseudo-terminal says "hung up" for as long as nobody has its other end open."""
        if self._master < 0:
            somebody = False
        if somebody and not self._open_at_other_end:
            self.connection += 1
        self._open_at_other_end = somebody

    def _wait(self, event: int, seconds: float) -> int:
        if self._master < 0:
            time.sleep(seconds)
            return select.POLLNVAL
        poller = select.poll()
        poller.register(self._master, event)
        return sum(found for _, found in poller.poll(seconds * 1000))


def _point(link: Path, target: str) -> None:
    """Make `link` lead to `target`; only a link is ever replaced."""
    with writing(link):
        if link.is_symlink():
            link.unlink()
        link.symlink_to(target)
