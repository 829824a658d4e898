"""From what STM32_Programmer_CLI printed to the error that a user can do something about.

Exports: `Situation`, `failure`, `probe_failure`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from n6studio.board.cube.output import INTERNAL_FLASH, Symptom, first_error, last_words, symptom
from n6studio.board.description import Board, hex_address
from n6studio.board.vendor.process import ToolRun
from n6studio.domain.deploy import Boot, Role
from n6studio.domain.errors.base import StudioError
from n6studio.domain.errors.probes import ProbeFirmwareOld, TargetHeldInReset, TargetNotFound, UsbPermissionDenied
from n6studio.domain.errors.programmer import (
    BoardConnectionLost,
    DebugPortClosed,
    DownloadFailed,
    EraseFailed,
    FalseSuccess,
    LoaderFailed,
    NoInternalFlash,
    ProbeBusy,
    ProbeMissing,
    ProgrammerFailed,
    ProgrammerUsage,
    ReadFailed,
    TargetError32,
    VerifyMismatch,
)


@dataclass(frozen=True)
class Situation:
    """What was being done: for which board, which action, and as far as it applies the probe, address, role, loader."""

    board: Board
    action: str
    log: str
    serial: str = ""
    address: int = 0
    role: Role | None = None
    loader: str = ""

    @property
    def role_words(self) -> str:
        """Return what was being written."""
        return self.role.noun if self.role else "image"


def probe_failure(run: ToolRun) -> StudioError | None:
    """Return why a probe that is there is not listed, None where there is none; the exit code says nothing then."""
    found = symptom(run.lines)
    if found is not None and found[0] in (Symptom.PERMISSION, Symptom.OLD_FIRMWARE):
        return (UsbPermissionDenied if found[0] is Symptom.PERMISSION else ProbeFirmwareOld)(line=found[1])
    return None


def failure(run: ToolRun, situation: Situation, needed: str = "") -> StudioError | None:
    """Return what went wrong, None when everything says success.

    Args:
        run: what the tool did.
        situation: what it was doing.
        needed: text that a success prints.
    """
    found = symptom(run.lines)
    if found is not None and (run.code or first_error(run.lines)):
        return _MAKERS[found[0]](found[1], situation, run)
    error = first_error(run.lines)
    if run.code:
        line = error or last_words(run.lines)
        return ProgrammerFailed(action=situation.action, exit_code=run.code, line=line, log=situation.log)
    if error:
        return FalseSuccess(action=situation.action, reason=f"it printed '{error}'", log=situation.log)
    if needed and not any(needed in line for line in run.lines):
        return FalseSuccess(action=situation.action, reason=f"it never printed '{needed}'", log=situation.log)
    return None


Maker = Callable[[str, Situation, ToolRun], StudioError]


def _development(
    cls: type[TargetError32] | type[DebugPortClosed] | type[EraseFailed] | type[TargetNotFound],
) -> Maker:
    """Return the maker of an error that names the switches of development boot."""

    def make(line: str, at: Situation, _run: ToolRun) -> StudioError:
        switches = at.board.boot_mode(Boot.DEVELOPMENT).message
        return cls(board=at.board.name, switches=switches, line=line, log=at.log)

    return make


def _no_probe(line: str, at: Situation, _run: ToolRun) -> StudioError:
    return ProbeMissing(connector=at.board.probe_connector.message, line=line)


def _permission(line: str, _at: Situation, _run: ToolRun) -> StudioError:
    return UsbPermissionDenied(line=line)


def _old_firmware(line: str, _at: Situation, _run: ToolRun) -> StudioError:
    return ProbeFirmwareOld(line=line)


def _held(line: str, at: Situation, _run: ToolRun) -> StudioError:
    return TargetHeldInReset(board=at.board.name, line=line, log=at.log)


def _busy(line: str, at: Situation, _run: ToolRun) -> StudioError:
    return ProbeBusy(serial=at.serial, line=line, log=at.log)


def _loader(line: str, at: Situation, _run: ToolRun) -> StudioError:
    return LoaderFailed(loader=at.loader or at.board.flash.loader, line=line, log=at.log)


def _mismatch(line: str, at: Situation, _run: ToolRun) -> StudioError:
    return VerifyMismatch(role=at.role_words, address=hex_address(at.address), line=line, log=at.log)


def _download(line: str, at: Situation, _run: ToolRun) -> StudioError:
    return DownloadFailed(role=at.role_words, address=hex_address(at.address), line=line, log=at.log)


def _lost(line: str, at: Situation, run: ToolRun) -> StudioError:
    if any(INTERNAL_FLASH.search(item) for item in run.lines):
        return NoInternalFlash(line=line, log=at.log)
    return BoardConnectionLost(action=at.action, connector=at.board.probe_connector.message, line=line, log=at.log)


def _unread(line: str, at: Situation, run: ToolRun) -> StudioError:
    if any(INTERNAL_FLASH.search(item) for item in run.lines):
        return NoInternalFlash(line=line, log=at.log)
    return ReadFailed(address=hex_address(at.address), line=line, log=at.log)


def _usage(line: str, at: Situation, _run: ToolRun) -> StudioError:
    return ProgrammerUsage(line=line, action=at.action, log=at.log)


_MAKERS: dict[Symptom, Maker] = {
    Symptom.PERMISSION: _permission,
    Symptom.OLD_FIRMWARE: _old_firmware,
    Symptom.NO_PROBE: _no_probe,
    Symptom.HELD: _held,
    Symptom.NO_CHIP: _development(TargetNotFound),
    Symptom.PROBE_BUSY: _busy,
    Symptom.TARGET_32: _development(TargetError32),
    Symptom.CLOSED: _development(DebugPortClosed),
    Symptom.LOADER: _loader,
    Symptom.ERASE: _development(EraseFailed),
    Symptom.MISMATCH: _mismatch,
    Symptom.LOST: _lost,
    Symptom.DOWNLOAD: _download,
    Symptom.READ: _unread,
    Symptom.USAGE: _usage,
}
