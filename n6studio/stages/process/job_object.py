"""Windows: limits of memory, processor time and programs for this process, by a job object that it puts itself into.

Files and connections stay open on Windows. Written after Microsoft's documentation; the project has no Windows machine
to try it on. A job that cannot be had is told like any other wall that does not stand.
"""

import ctypes
import sys

_EXTENDED_LIMITS = 9  # JobObjectExtendedLimitInformation
_PROCESS_TIME, _ACTIVE_PROCESSES, _PROCESS_MEMORY = 0x2, 0x8, 0x100  # JOB_OBJECT_LIMIT_*
_DIE_ON_EXCEPTION, _KILL_ON_CLOSE = 0x400, 0x2000
_TICKS = 10_000_000  # of 100 ns, in a second

ENDED_FOR_TIME = 1816  # ERROR_NOT_ENOUGH_QUOTA, the exit code of a process whose processor time is used up


class _BasicLimits(ctypes.Structure):
    _fields_ = (
        ("PerProcessUserTimeLimit", ctypes.c_int64),
        ("PerJobUserTimeLimit", ctypes.c_int64),
        ("LimitFlags", ctypes.c_uint32),
        ("MinimumWorkingSetSize", ctypes.c_size_t),
        ("MaximumWorkingSetSize", ctypes.c_size_t),
        ("ActiveProcessLimit", ctypes.c_uint32),
        ("Affinity", ctypes.c_size_t),
        ("PriorityClass", ctypes.c_uint32),
        ("SchedulingClass", ctypes.c_uint32),
    )


class _ExtendedLimits(ctypes.Structure):
    _fields_ = (
        ("BasicLimitInformation", _BasicLimits),
        ("IoInfo", ctypes.c_uint64 * 6),
        ("ProcessMemoryLimit", ctypes.c_size_t),
        ("JobMemoryLimit", ctypes.c_size_t),
        ("PeakProcessMemoryUsed", ctypes.c_size_t),
        ("PeakJobMemoryUsed", ctypes.c_size_t),
    )


def limits(memory: int, seconds: int | None) -> _ExtendedLimits:
    """Return the limits of a job: it ends with its last handle, starts no program, shows no box when it crashes.

    Args:
        memory: bytes that the process may commit.
        seconds: of processor time; None for no limit.
    """
    wanted = _ExtendedLimits()
    basic = wanted.BasicLimitInformation
    basic.LimitFlags = _KILL_ON_CLOSE | _DIE_ON_EXCEPTION | _ACTIVE_PROCESSES | _PROCESS_MEMORY
    basic.ActiveProcessLimit = 1
    wanted.ProcessMemoryLimit = memory
    if seconds is not None:
        basic.LimitFlags |= _PROCESS_TIME
        basic.PerProcessUserTimeLimit = seconds * _TICKS
    return wanted


def enter_job(memory: int, seconds: int | None) -> str:
    """Put this process into a job of its own for as long as it lives; return why that cannot be, '' where it was done.

    Args:
        memory: bytes that the process may commit.
        seconds: of processor time; None for no limit.
    """
    if sys.platform != "win32":
        return "only Windows has job objects"
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    kernel.CreateJobObjectW.restype = ctypes.c_void_p
    kernel.CreateJobObjectW.argtypes = (ctypes.c_void_p, ctypes.c_wchar_p)
    kernel.GetCurrentProcess.restype = ctypes.c_void_p
    kernel.SetInformationJobObject.argtypes = (ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_uint32)
    kernel.AssignProcessToJobObject.argtypes = (ctypes.c_void_p, ctypes.c_void_p)
    wanted = limits(memory, seconds)
    job = kernel.CreateJobObjectW(None, None)  # its handle is never closed: the job ends with the process
    if (
        job
        and kernel.SetInformationJobObject(job, _EXTENDED_LIMITS, ctypes.byref(wanted), ctypes.sizeof(wanted))
        and kernel.AssignProcessToJobObject(job, kernel.GetCurrentProcess())
    ):
        return ""
    return f"Windows refused a job object: error {ctypes.get_last_error()}"
