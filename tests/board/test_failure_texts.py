"""Each text that ST's tools and the compilers are known to fail with leads to its own error, cause and cure.

The texts are those of published logs, issues and forum threads; each row stands for one of them.
"""

import re
from pathlib import Path

import pytest
from standins.small_application import write_application

from n6studio.board.application.build_messages import explain_build
from n6studio.board.application.recognise import identify
from n6studio.board.compiler.messages import Circumstances, explain_failure
from n6studio.board.cube.failures import Situation, failure, probe_failure
from n6studio.board.registry import board
from n6studio.board.vendor.process import ToolRun, _require_started
from n6studio.domain.errors.advice import advice
from n6studio.domain.errors.registry import error_classes

KIT, NUCLEO = board("stm32n6570-dk"), board("nucleo-n657x0-q")
SYSTEMS = ("windows", "macos", "linux")

# text, error, a word that its cure must have on some system
PROGRAMMER = (
    ("Error: No debug probe detected.", "ProbeMissing", "CN6"),
    ("Error: No ST-Link detected!", "ProbeMissing", "Device Manager"),
    ("libusb: error [get_usbfs_fd] libusb couldn't open USB device /dev/bus/usb/001/005, errno=13\n"
     "Error: No debug probe detected.", "UsbPermissionDenied", "udev"),
    ("libusb: error [get_usbfs_fd] libusb requires write access to USB device nodes\n"
     "Error: No debug probe detected.", "UsbPermissionDenied", "Drivers/rules"),
    ("Error: Old ST-LINK firmware!", "ProbeFirmwareOld", "Firmware upgrade"),
    ("Error: Old ST-LINK firmware version. Please upgrade it.", "ProbeFirmwareOld", "directly into this computer"),
    ("Error in initializing ST-LINK device.\nReason: (6) ST-LINK firmware upgrade required.",
     "ProbeFirmwareOld", "upgrade"),
    ("Error: ST-LINK error (DEV_TARGET_HELD_UNDER_RESET)", "TargetHeldInReset", "NRST"),
    ("Error: ST-LINK error (DEV_NO_DEVICE)", "TargetNotFound", "jumpers"),
    ("Error: ST-LINK error (DEV_CONNECT_ERR)", "ProbeBusy", "Close other programs"),
    ("Error: ST-LINK error (DEV_USB_COMM_ERR)", "ProbeBusy", "Unplug"),
    ("Error: Unable to get core ID\nError: No STM32 target found! If your product embeds Debug Authentication, ...",
     "DebugPortClosed", "both boot switches to the right"),
    ("Warning: Connection to device 0x486 is lost\nError: Data read failed", "BoardConnectionLost", "cable"),
    ("Error: Data read failed\nWarning: Connection to device 0x486 is lost", "BoardConnectionLost", "cable"),
    ("Reading at 0x08000000\nError: Data read failed", "NoInternalFlash", "0x70000000"),
    ("Error: Data read failed", "ReadFailed", "development boot"),
    ("Error: failed to erase memory", "EraseFailed", "both boot switches to the right"),
    ("Error: Sector erase operation has failed. Please verify flash memory protection", "EraseFailed", "right"),
    ("Error: Mass erase operation failed", "EraseFailed", "right"),
    ("Error: flash loader cannot be loaded.\nError: failed to download Sector[0]", "LoaderFailed", "Unplug"),
    ("Error: failed to download Segment[0]\nError: failed to download the File", "DownloadFailed", "Unplug"),
    ("Error: Data mismatch found at address 0x70100000 (byte = 0xFF instead of 0x53)\n"
     "Error: Download verification failed", "VerifyMismatch", "Deploy again"),
    ("Error: Data mismatch found at address 0x70100000 (byte = 0xFF instead of 0x53)",
     "VerifyMismatch", "Deploy again"),
    ("Error: Download verification failed", "VerifyMismatch", "Deploy again"),
    ("Target unknown error 32", "TargetError32", "both boot switches to the right"),
    ("Error in initializing ST-LINK device.\nReason: Unknown. Please check power and cabling to target.",
     "TargetError32", "USB-C"),
    ("Error: Wrong parameter -zz", "ProgrammerUsage", "2.18"),
    ("Error: something that nobody has met", "ProgrammerFailed", "Unplug"),
)  # fmt: skip

STARTED = (
    (-1073741515, "", "ToolLibraryMissing", "Visual C++"),
    (3221225781, "", "ToolLibraryMissing", "Visual C++"),
    (3221225595, "", "ToolLibraryMissing", "Visual C++"),
    (127, "STM32_Programmer_CLI: error while loading shared libraries: libusb-1.0.so.0: cannot open shared object file",
     "ToolLibraryMissing", "ldd"),
    (-6, "dyld: Library not loaded: @rpath/QtCore.framework", "ToolLibraryMissing", "installer"),
    (1, 'qt.qpa.plugin: Could not load the Qt platform plugin "xcb" in "" even though it was found.',
     "ToolNeedsDisplay", "QT_QPA_PLATFORM"),
    (-6, "This application failed to start because no Qt platform plugin could be initialized.",
     "ToolNeedsDisplay", "libxcb-cursor0"),
    (1, "qt.qpa.xcb: could not connect to display", "ToolNeedsDisplay", "xvfb-run"),
)  # fmt: skip

BUILD = (
    ("region `AXISRAM1_S' overflowed by 30648 bytes", "RegionOverflow", ""),
    ("ld: Error : Application will erase fsbl", "ApplicationReachesFsbl", ""),
    ("arm-none-eabi-gcc: error: unrecognized command-line option '-fcyclomatic-complexity'", "BuildStopped",
     "STM32CubeIDE"),
    ("Src/main.c:40:2: error: #error \"PostProcessing type not supported\"", "PostProcessingUnsupported", "follows"),
    ("network.c:52:4: error: #error \"Possible mismatch in ll_aton library used\"", "RuntimeMismatch", "matches"),
    ("Inc/app_config.h:9:2: error: #error \"no pose estimation model is supported\"", "BoardUnsupported", "another"),
    ("The syntax of the command is incorrect.\nmake: *** [Makefile:320: build] Error 1", "ShellMissing", "MSYS2"),
    ("A subdirectory or file -p already exists.\nError occurred while processing: -p.\nmake: *** [build] Error 1",
     "ShellMissing", "usr\\bin"),
    ("Ein Unterverzeichnis oder eine Datei mit dem Namen -p existiert bereits.", "ShellMissing", "Git for Windows"),
    ("process_begin: CreateProcess(NULL, which arm-none-eabi-gcc, ...) failed.", "ShellMissing", "MSYS2"),
    ("Src/main.c:3:10: fatal error: string.h: No such file or directory", "NewlibMissing", "libnewlib-arm-none-eabi"),
    ("/usr/lib/gcc/arm-none-eabi/12.2.1/include/stdint.h:9:16: fatal error: stdint.h: No such file or directory",
     "NewlibMissing", "newlib"),
    ("arm-none-eabi-gcc: fatal error: cannot read spec file 'nosys.specs': No such file or directory",
     "NewlibMissing", "STM32CubeCLT"),
    ("/usr/bin/ld: cannot find -lc: No such file or directory", "NewlibMissing", "libnewlib-arm-none-eabi"),
    (f"Src/a.c:1:1: fatal error: opening dependency file build/{'x' * 260}/a.d: No such file or directory",
     "PathTooLong", "C:\\n6"),
    ("make: C:\\Users\\x\\a.o: Filename too long", "PathTooLong", "short folder"),
    ("make: *** No rule to make target 'Middlewares/x.c', needed by 'build/x.o'.  Stop.", "ApplicationIncomplete",
     "submodule"),
)  # fmt: skip

COMPILER = (
    ("E010(InvalidModelError): Couldn't load Keras model", "CompilerRefusedModel"),
    ("Warning: Oauto did not find valid compile options: aborting\ntotal bytes left unallocated=4096\n"
     "E103(CliRuntimeError): Error calling the Neural Art compiler", "CompilerOutOfMemory"),
    ("E700(UnfeasibleAllocation): x: Not enough memory\nMinimal sizes needed are: {}", "CompilerOutOfMemory"),
    ("NOT IMPLEMENTED: Unkonwn layer format for layer conv_3", "CompilerLayerUnsupported"),
    ("TOOL ERROR: list index out of range", "CompilerInternalError"),
    ("TOOL ERROR: Error in computation of shapes", "CompilerInternalError"),
    ("INTERNAL ERROR: Your model ir_version 10 is higher than the checker's (9).", "CompilerRefusedModel"),
    ("stedgeai: error: unrecognized arguments: --Oauto-sched", "CompilerOptionUnknown"),
    ("E103(CliRuntimeError): Error calling the Neural Art compiler", "CompilerFailed"),
)  # fmt: skip


def run(text, code=1):
    return ToolRun(code, tuple(text.splitlines()), 1.0, None)


def require(error, name, word):
    """The error is of that class, and tells a cause and numbered steps on every system, one of them with the word."""
    assert type(error).__name__ == name
    told = {system: advice(error, system) for system in SYSTEMS}
    for one in told.values():
        assert one.title
        assert one.why
        assert one.steps
        assert all("{" not in step for step in one.steps)
    assert any(word in step for one in told.values() for step in one.steps)
    return told


@pytest.mark.parametrize(("text", "name", "word"), PROGRAMMER)
def test_what_the_programmer_prints(text, name, word):
    error = failure(run(text), Situation(KIT, "writing", "deploy.log", "AAA1", 0x70100000))
    told = require(error, name, word)
    assert any(line in f"{told['linux'].why} {told['linux'].title}" for line in text.splitlines())


@pytest.mark.parametrize("target", [KIT, NUCLEO])
def test_switches_are_those_of_the_board(target):
    error = failure(run("Error: failed to erase memory"), Situation(target, "erasing", ""))
    assert advice(error).steps[0].startswith(target.boot_mode("development").message[:20])


@pytest.mark.parametrize(("code", "text", "name", "word"), STARTED)
def test_a_tool_that_ends_before_it_begins(code, text, name, word):
    with pytest.raises(error_classes_by_name(name)) as caught:
        _require_started("STM32CubeProgrammer", "/opt/STM32_Programmer_CLI", code, text.splitlines())
    require(caught.value, name, word)


def error_classes_by_name(name):
    return next(cls for cls in error_classes().values() if cls.__name__ == name)


@pytest.mark.parametrize("code", [0, 1, -15, 255])
def test_other_exit_codes_are_left_to_what_was_printed(code):
    _require_started("make", "/usr/bin/make", code, ["make: *** Error 1"])


@pytest.fixture(scope="module")
def application(tmp_path_factory):
    return identify(write_application(tmp_path_factory.mktemp("app") / "pose"))


@pytest.mark.parametrize(("text", "name", "word"), BUILD)
def test_what_stops_a_build(application, tmp_path, text, name, word):
    require(explain_build(text.splitlines(), 2, application, KIT, tmp_path, tmp_path / "build.log"), name, word)


@pytest.mark.parametrize(("text", "name"), COMPILER)
def test_what_the_model_compiler_prints(tmp_path, text, name):
    around = Circumstances(Path("a.tflite"), KIT.name, 1 << 20, "2.1.0", tmp_path, tmp_path / "log")
    require(explain_failure(text.splitlines(), 255, around), name, "")


def test_a_probe_that_cannot_be_used_is_not_one_that_is_missing():
    listed = "===== STLink Interface =====\nlibusb: error [get_usbfs_fd] libusb couldn't open USB device, errno=13\n"
    assert type(probe_failure(run(listed, 0))).__name__ == "UsbPermissionDenied"
    old = "ST-Link Probe 0 :\n   ST-LINK SN  : Old ST-LINK firmware version\n"
    assert type(probe_failure(run(old, 0))).__name__ == "ProbeFirmwareOld"
    assert probe_failure(run("ST-Link Probe 0 :\n   ST-LINK SN  : 0042\n", 0)) is None


def test_permission_is_not_the_cause_once_a_probe_was_opened():
    text = "libusb: error errno=13\nST-LINK SN  : 0042\nError: failed to erase memory"
    assert type(failure(run(text), Situation(KIT, "writing", ""))).__name__ == "EraseFailed"


def test_no_step_names_a_release_for_one_board_only():
    """Versions are judged before they are used: 2.20 fails on the NUCLEO and works on the DK."""
    for text, _, _ in PROGRAMMER:
        steps = advice(failure(run(text), Situation(KIT, "writing", ""))).steps
        assert not any(re.search(r"2\.2[0-2]", step) for step in steps)
