"""Stands in for STM32_Programmer_CLI: same command lines, same words, same refusals; acts on virtual boards."""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from bench import from_environment

from n6studio.board.description import hex_address
from n6studio.board.images.intel_hex import read_hex
from n6studio.board.registry import board_of_probe
from n6studio.board.virtual.board import Refused, VirtualBoard

FIRMWARE = "V3J17M10"
NORMAL_KHZ = 8000
INTERNAL_FLASH = 0x08000000
NO_ERASE_VERSION = "2.20"
CORE_ID = (
    "Error: Unable to get core ID",
    "Error: No STM32 target found! If your product embeds Debug Authentication, please perform a discovery using "
    "Debug Authentication",
)
BUSY = "Error: ST-LINK error (DEV_USB_COMM_ERR)"
NO_PROBE = "Error: No debug probe detected."
NOT_ERASED = "Error: failed to erase memory"
NOT_DOWNLOADED = ("Error: failed to download Segment[0]", "Error: failed to download the File")
NOT_LOADED = "Error: flash loader cannot be loaded."


class Failed(Exception):
    """What is printed when an operation fails."""


class Tool:
    """One run of the tool."""

    def __init__(self, bench):
        self.bench = bench
        self.manner = bench.manner
        self.board: VirtualBoard | None = None
        self.loader = ""
        self.verify = False
        self.connection: dict[str, str] = {}

    def run(self, words):
        """Do what the command line asks for and return the exit code."""
        banner(self.manner.version)
        try:
            operations = parse(words)
            self.verify = any(name == "-v" for name, _ in operations)
            for name, values in operations:
                self.operation(name, values)
        except Failed as failed:
            for line in failed.args:
                say(line)
            if self.manner.complete_anyway:
                say("File download complete")
            return 0 if self.manner.exit_zero else 1
        if self.manner.error_after:
            say(self.manner.error_after)
        return 0

    def operation(self, name, values):
        """Do one operation."""
        if name == "-l":
            self.list_probes()
        elif name == "-c":
            self.connect(dict(value.split("=", 1) for value in values))
        elif name == "-el":
            self.loader = values[0]
        elif name == "-w":
            self.write(values[0], int(values[1], 0) if len(values) > 1 else None)
        elif name == "-r":
            self.read(int(values[0], 0), int(values[1], 0), Path(values[2]))
        elif name == "-e":
            self.erase(" ".join(values))
        elif name == "-otp":
            self.otp(values)

    def finish(self):
        """Do what -hardRst asks for, which comes last wherever it stands on the line."""
        if self.board is not None and self.board.state.attached:
            self.board.reset()

    # --- connecting --------------------------------------------------------------------------------------------------

    def list_probes(self):
        """Print the table of -l."""
        say("=====  DFU Interface   =====", "", "No STM32 device in DFU mode connected", "")
        say("===== STLink Interface =====")
        boards = self.bench.boards()
        if not boards:
            say(NO_PROBE)
        else:
            say("", "-------- Connected ST-LINK Probes List --------")
        for index, board in enumerate(boards):
            say("", f"ST-Link Probe {index} :", f"   ST-LINK SN  : {board.state.serial}")
            say(f"   ST-LINK FW  : {FIRMWARE}", "   Access Port Number  : 2", f"   Board Name  : {name_of(board)}")
        say("-----------------------------------------------", "")
        say("=====  UART Interface  =====", "", f"Total number of serial ports available: {len(boards)}", "")
        for index, _ in enumerate(boards):
            say(f"Port: ttyACM{index}", f"Location: /dev/ttyACM{index}", "Description: STLINK-V3")
            say("Manufacturer: STMicroelectronics", "")

    def connect(self, keys):
        """Reach a board, as the switches and the way of connecting allow."""
        self.connection = keys
        boards = self.bench.boards()
        if "sn" in keys:
            boards = [board for board in boards if board.state.serial == keys["sn"]]
        if not boards:
            raise Failed(NO_PROBE)
        board = boards[0]
        say(f"ST-LINK SN  : {board.state.serial}", f"ST-LINK FW  : {FIRMWARE}", f"Board       : {name_of(board)}")
        say("Voltage     : 3.29V")
        if self.manner.say:
            raise Failed(*self.manner.say)
        if self.manner.silent:
            sleep_for_ever()
        frequency = int(keys.get("freq", NORMAL_KHZ))
        if self.manner.hangs_above and frequency > self.manner.hangs_above:
            raise Failed(BUSY)
        under_reset = keys.get("mode") == "UR"
        try:
            board.connect(under_reset)
        except Refused as refused:
            raise Failed(*CORE_ID) from refused
        self.board = board
        mode = "Under Reset" if under_reset else "Hot Plug"
        say(f"SWD freq    : {frequency} KHz", f"Connect mode: {mode}")
        say(f"Reset mode  : {'Hardware' if under_reset else 'Software'} reset", "Device ID   : 0x486")
        say("Revision ID : Rev Z", "Device name : ST32N657", "Device type : MCU", "Device CPU  : Cortex-M55")
        say("BL Version  : --", "")

    def loaded(self):
        """Make sure that the external loader is there and is the board's."""
        path = Path(self.loader)
        if not path.is_absolute():
            path = self.bench.bin / "ExternalLoader" / path
        if not path.is_file() or path.name != self.board.board.flash.loader:
            raise Failed(NOT_LOADED)
        if self.board.state.trouble.loader_hangs:
            say("Init flashloader...")
            sleep_for_ever()

    # --- flash -------------------------------------------------------------------------------------------------------

    def write(self, name, address):
        """Write a file, erasing what lies under it."""
        path = Path(name)
        if self.board is None:
            raise Failed("Error: Please connect to device before any operation")
        say("", "Memory Programming ...", f"Opening and parsing file: {path.name}", "")
        for start, data in self.contents(path, address):
            say(f"  File          : {path.name}", f"  Size          : {len(data) / 1048576:.2f} MB")
            say(f"  Address       : {hex_address(start)}", "", "")
            self.write_segment(start, data)
        if not self.manner.forget_complete:
            say("", "File download complete")
        say("Time elapsed during download operation: 00:00:00.912", "")
        if self.verify:
            for start, data in self.contents(path, address):
                self.compare(start, data)

    def contents(self, path, address):
        """Return (address, bytes) of the file's segments."""
        if not path.is_file():
            raise Failed(f"Error: File does not exist: {path}")
        if path.suffix == ".hex":
            return [(segment.address, segment.data) for segment in read_hex(path)]
        if path.suffix != ".bin":
            raise Failed(f"Error: Wrong file format: {path.suffix}")
        return [(INTERNAL_FLASH if address is None else address, path.read_bytes())]

    def write_segment(self, start, data):
        """Erase and write one segment."""
        board, flash = self.board, self.board.board.flash
        if not (self.loader and flash.address <= start < start + len(data) <= flash.end):
            raise Failed(*NOT_DOWNLOADED)
        self.loaded()
        sectors = board.sectors(start, len(data))
        say(
            "Erasing memory corresponding to segment 0:",
            f"Erasing external memory sectors [{sectors[0]} {sectors[-1]}]",
        )
        self.erase_sectors(sectors)
        say("Download in Progress:")
        total = len(data)

        def bar(done):
            sys.stdout.write(f"\r{'█' * (50 * done // total)} {100 * done // total}%")
            sys.stdout.flush()

        try:
            board.program(start, data, bar)
        except Refused as refused:
            say("")
            raise Failed("Warning: Connection to device 0x486 is lost", *NOT_DOWNLOADED) from refused
        say("")

    def compare(self, start, data):
        """Do what -v does."""
        say("", "Verifying ...", "", "Read progress:")
        found = self.board.read(start, len(data))
        sys.stdout.write("\r" + "█" * 50 + " 100%\n")
        for offset, (is_there, wanted) in enumerate(zip(found, data, strict=True)):
            if is_there != wanted:
                at = f"0x{start + offset:08X}"
                line = f"Error: Data mismatch found at address {at} (byte = 0x{is_there:02X} instead of 0x{wanted:02X})"
                raise Failed(line, "Error: Download verification failed")
        say("", "Download verified successfully ", "")

    def read(self, address, size, path):
        """Read flash into a file."""
        if self.board is None:
            raise Failed("Error: Please connect to device before any operation")
        flash = self.board.board.flash
        if not (self.loader and flash.address <= address < address + size <= flash.end):
            raise Failed(f"Error: Data read failed at {hex_address(address)}")
        self.loaded()
        say(f"UPLOADING ...  Size : {size} Bytes", f"Address : {hex_address(address)}", "Read progress:")
        try:
            data = self.board.read(address, size)
        except Refused as refused:
            raise Failed("Warning: Connection to device 0x486 is lost", "Error: Data read failed") from refused
        path.write_bytes(data)
        sys.stdout.write("\r" + "█" * 50 + " 100%\n")
        say("Data read successfully", "Time elapsed during the read operation is: 00:00:01.234")

    def otp(self, values):
        """Show an OTP word; this stand-in knows one, and cannot write any."""
        if self.board is None:
            raise Failed("Error: Please connect to device before any operation")
        if self.manner.fuses is None:
            raise Failed("Error: OTP programming commands are not supported with STLINK interfaces for this device.")
        if values != ["displ", "word=124"]:
            raise Failed(f"Error: Wrong OTP command {values}")
        value, status = self.manner.fuses
        say("OTP REGISTERS:", f"  HCONF1 | Data124: 0x{value:08X} | Status124: 0x{status:08X}", "")

    def erase(self, what):
        """Erase sectors or the whole flash."""
        if self.board is None:
            raise Failed("Error: Please connect to device before any operation")
        self.loaded()
        if what == "all":
            say("Mass erase ... ")
            flash = self.board.board.flash
            self.erase_sectors(range(flash.size // flash.sector), "Error: Mass erase operation failed")
            say("Mass erase successfully achieved")
            return
        first, last = (int(word) for word in what.strip("[]").split())
        failed = "Error: Sector erase operation has failed. Please verify flash memory protection"
        self.erase_sectors(range(first, last + 1), failed)
        say("Erase is successfully achieved")

    def erase_sectors(self, sectors, failed=NOT_ERASED):
        """Erase, as long as board and version let it."""
        if self.manner.version.startswith(NO_ERASE_VERSION):
            raise Failed(failed)
        try:
            self.board.erase(sectors)
        except Refused as refused:
            raise Failed(failed) from refused


def parse(words):
    """Return the operations of a command line as (name, values)."""
    same = {"--connect": "-c", "--extload": "-el", "--write": "-w", "-d": "-w", "--download": "-w", "--verify": "-v"}
    same |= {"--read": "-r", "-u": "-r", "--upload": "-r", "--erase": "-e", "--list": "-l", "--quiet": "-q"}
    known = {"-c", "-el", "-w", "-v", "-r", "-e", "-l", "-hardRst", "-q", "-vb", "-otp", "--version"}
    operations = []
    for word in words:
        if word.startswith("-"):
            name = same.get(word, word)
            if name not in known:
                raise Failed(f"Error: Wrong parameter {word}")
            operations.append((name, []))
        elif not operations:
            raise Failed(f"Error: Wrong parameter {word}")
        else:
            operations[-1][1].append(word)
    return operations


def name_of(board):
    """Return how the board's ST-LINK reports it."""
    name = board.board.probe_names[0]
    assert board_of_probe(name) is not None
    return name


def banner(version):
    """Print the banner."""
    line = " " * 6 + "-" * 67
    say(line, f"{' ' * 24}STM32CubeProgrammer v{version}", line, "")


def say(*lines):
    """Print lines, each at once."""
    for line in lines:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def sleep_for_ever():
    """Hang until somebody ends the process."""
    while True:
        time.sleep(60)


def main():
    """Run the tool."""
    sys.stdout.reconfigure(encoding="utf-8")
    tool = Tool(from_environment())
    words = sys.argv[1:]
    code = tool.run(words)
    if "-hardRst" in words:
        tool.finish()
    return code


if __name__ == "__main__":
    sys.exit(main())
