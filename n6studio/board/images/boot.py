"""What happens at power-up: boot ROM, then ST's first-stage boot loader, then the application - worked out from flash.

Exports: `BootResult`, `boot`, `boot_from_flash`, `Reader`.

Nothing here runs code of the images; it follows what the two loaders do with their bytes. The boot loader does what the
disassembly of ST's ai_fsbl shows: it reads the length at application + 0x6C, copies that and 0x400 bytes more to
0x34000000, and jumps through the vectors at 0x34000400. It checks neither magic nor type nor checksum nor entry point.
Works on the virtual board and, through read-back, on a real one before its switches are moved.
"""

import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass

from n6studio.board.description import Board, BootMode, Chip, hex_address
from n6studio.board.images import header as image_header
from n6studio.board.images.virtual import Manifest, find_manifest
from n6studio.domain.deploy import Boot, Role
from n6studio.domain.errors.deploy import BoardSilent

Reader = Callable[[int, int], bytes]  # (address, size) -> bytes of flash

_LENGTH_AT = 0x6C
_WORD = 1 << 32
_ERASED = b"\xff"
_PEEK = 64


@dataclass(frozen=True)
class BootResult:
    """What runs after power-up, or why nothing does.

    Attributes:
        mode: the boot mode, as the switches were at power-up.
        runs: whether an application runs.
        reason: in a sentence, what runs or why the board stays dark.
        remarks: what the developer should know though it runs.
        manifest: what a virtual application says of itself.
    """

    mode: Boot
    runs: bool
    reason: str
    remarks: tuple[str, ...] = ()
    manifest: Manifest | None = None

    def require_running(self, board: Board) -> None:
        """Raise `BoardSilent` when nothing runs."""
        if not self.runs:
            raise BoardSilent(board=board.name, reason=self.reason, switches=board.boot_mode(Boot.FLASH).message)


def boot(board: Board, mode: BootMode, read: Reader) -> BootResult:
    """Return what happens when `board` powers up in `mode` with the flash that `read` shows."""
    if mode.key == Boot.FLASH:
        return boot_from_flash(board, read)
    reasons = {
        Boot.DEVELOPMENT: "It is in development boot: it waits for the debugger and does not boot from flash",
        Boot.SERIAL: "It is in serial boot: it waits for a program over USB or UART",
    }
    return BootResult(mode.key, False, reasons[mode.key])


def boot_from_flash(board: Board, read: Reader) -> BootResult:
    """Return what happens when `board` starts from the flash that `read` shows."""
    loader = _loader_trouble(read(board.slot(Role.FSBL).address, 0x408))
    if loader:
        return _dark(loader)
    address = board.slot(Role.APPLICATION).address
    length = struct.unpack("<I", read(address + _LENGTH_AT, 4))[0]
    copied = (length + image_header.ALIGNED_BYTES) % _WORD
    room = board.chip.boot.loader - board.chip.boot.copied_to
    trouble = _copy_trouble(read(address, 8), length, copied, room)
    if trouble:
        return _dark(trouble)
    ram = read(address, copied)
    trouble = _jump_trouble(ram, board.chip)
    if trouble:
        return _dark(trouble)
    return _running(board, ram, read)


def _dark(reason: str) -> BootResult:
    return BootResult(Boot.FLASH, False, reason)


def _loader_trouble(start: bytes) -> str:
    """Return why the boot ROM does not start the first-stage boot loader, '' when it does."""
    if start == _ERASED * len(start):
        return "There is no boot loader: flash is erased at its address, as after a mass erase"
    header = image_header.read_header(start)
    if header is None:
        return "There is no STM32 header at the start of flash, so the boot ROM finds no boot loader"
    if header.version != image_header.VERSION:
        return f"The boot loader's header has version {header.version_text}; the boot ROM requires 2.3"
    if header.binary_type != image_header.ImageType.FSBL:
        return "There is an application at the boot loader's address"
    if header.load_address != image_header.NO_LOAD_ADDRESS:
        return "The boot loader was signed with a load address, which the boot ROM rejects"
    return ""


def _copy_trouble(start: bytes, length: int, copied: int, room: int) -> str:
    """Return why copying the application to `room` bytes of RAM goes wrong, '' when it does not."""
    if start == _ERASED * len(start):
        return "There is no application: flash is erased at its address"
    if copied < image_header.ALIGNED_BYTES + 8:
        return f"The boot loader reads an application length of {length} bytes, which is too small"
    if copied > room:
        what = "is not signed" if start[:4] != image_header.MAGIC else "is too large"
        return (
            f"The application {what}: the boot loader reads a length of {length} bytes, and copying them to RAM "
            "overwrites the boot loader itself"
        )
    return ""


def _jump_trouble(ram: bytes, chip: Chip) -> str:
    """Return why the jump into the copied application goes wrong, '' when it does not."""
    stack, reset = image_header.vectors(ram[image_header.ALIGNED_BYTES :])
    start, end = chip.boot.copied_to, chip.boot.copied_to + len(ram)
    if chip.ram.address < stack <= chip.ram.end and reset % 2 and start <= reset < end:
        return ""
    header = image_header.read_header(ram)
    if header is not None and header.size < image_header.ALIGNED_BYTES:
        early = ram[header.size : header.size + 8]
        if len(early) == 8 and image_header.vectors(early)[1] == header.entry_point:
            return (
                f"The application was signed without alignment: its vectors lie at 0x{header.size:X}, the boot loader "
                "jumps through 0x400"
            )
    what = "The application is not signed" if header is None else "The application is damaged"
    return f"{what}: the boot loader jumps to {hex_address(reset)} with the stack at {hex_address(stack)}"


def _running(board: Board, ram: bytes, read: Reader) -> BootResult:
    """Return the result for an application that starts, with what is wrong all the same."""
    header = image_header.read_header(ram)
    if header is None or header.image_bytes > len(ram):
        remarks = ["The application has no valid header; it starts only because this boot loader does not check it."]
    else:
        findings = image_header.check(ram[: header.image_bytes], Role.APPLICATION, board.chip)
        remarks = [
            f"The application starts, but its {finding.name} is {finding.found} instead of {finding.wanted}."
            for finding in findings
            if not finding.ok
        ]
    manifest = find_manifest(ram)
    trouble = _weights_trouble(board, manifest, read)
    if trouble and manifest is not None:
        return BootResult(Boot.FLASH, False, f"The application starts, but {trouble}", tuple(remarks), manifest)
    if trouble:
        remarks.append(f"The application starts, but {trouble}.")
    name = f" with {manifest.name}" if manifest and manifest.name else ""
    return BootResult(Boot.FLASH, True, f"The application runs{name}", tuple(remarks), manifest)


def _weights_trouble(board: Board, manifest: Manifest | None, read: Reader) -> str:
    """Return what is wrong with the weights in flash, '' when nothing is, or nothing can be told."""
    address = manifest.weights_address if manifest else board.slot(Role.WEIGHTS).address
    at = hex_address(address)
    if read(address, _PEEK) == _ERASED * _PEEK:
        return f"there are no weights at {at}: flash is erased there"
    if manifest is None:
        return ""
    found = hashlib.sha256(read(address, manifest.weights_size)).hexdigest()
    if found != manifest.weights_sha256:
        return f"the weights at {at} are not the ones it was built with"
    return ""
