"""What a board is: the fields of its description file in resources/boards, and of its chip's in resources/chips.

A description is the one truth about a board. Code asks what a board can do (`Board.needs_vendor_tools`,
`Board.needs_hands`, ...), never which board it is. Addresses and sizes are in bytes.
"""

import enum
from typing import Literal, NamedTuple

import msgspec

from n6studio.domain.deploy import Boot, Role


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A table of a description file: its keys are exactly the fields of its class."""


class Access(enum.StrEnum):
    """How a board is reached: through an ST-LINK on USB, or as a folder in which this computer plays it."""

    ST_LINK = "st-link"
    FOLDER = "folder"


class Carries(enum.StrEnum):
    """What goes through a connector."""

    PROBE = "probe"
    VIDEO = "video"


# --- chip ------------------------------------------------------------------------------------------------------------


class Speed(Table, frozen=True):
    """What a memory costs the model, in the terms of ST's memory pool files.

    `byte_width` is in bytes, `ratio` the processor's clock by the memory's, powers in ST's own unit.
    """

    throughput: Literal["LOW", "MID", "HIGH"]
    latency: Literal["LOW", "MID", "HIGH"]
    byte_width: int
    ratio: float
    read_power: float
    write_power: float


class Pool(Table, frozen=True):
    """A region that ST's memory pool files give to the model compiler.

    Attributes:
        name: the compiler's name for it, such as 'npuRAM5'.
        file: suffix of the file that its contents are written to, such as 'xSPI2'.
        address: its first address.
        size: bytes; 0 for a memory that exists and must not be used.
        constant: whether it is flash, for weights.
        speed: what it costs.
    """

    name: str
    file: str
    address: int
    size: int
    speed: Speed
    constant: bool = False

    @property
    def end(self) -> int:
        """Return the first address behind it."""
        return self.address + self.size


class Ram(Table, frozen=True):
    """A range of internal RAM."""

    address: int
    size: int

    @property
    def end(self) -> int:
        """Return the first address behind it."""
        return self.address + self.size


class BootRoom(Table, frozen=True):
    """Where ST's first-stage boot loader copies the application, header and all, and where it runs itself."""

    copied_to: int
    loader: int


class Linker(Table, frozen=True):
    """The RAM region that ST's linker scripts put the application into.

    Attributes:
        region: its name.
        address: its origin.
        stock: its length in ST's script.
        enlarged_region: its name where it also takes the next memory.
        enlarged: its length then; linked, but never run on hardware.
        enlarged_drops_pool: memory pool that the model then loses.
    """

    region: str
    address: int
    stock: int
    enlarged_region: str
    enlarged: int
    enlarged_drops_pool: str


class Chip(Table, frozen=True):
    """What boards with one chip share.

    Attributes:
        key: name of its file.
        name: of the chip, for people.
        device_id: as a debug probe reads it.
        revisions: as STM32CubeProgrammer reports them.
        outside: memories from this address on lie outside the chip.
        ram: where a program's first stack may lie.
        boot: what the first-stage boot loader does.
        linker: where the application is linked to.
        reserved: memories that the application keeps, which pool files name all the same.
        pools: memories inside the chip for activations.
    """

    key: str
    name: str
    device_id: int
    revisions: tuple[str, ...]
    outside: int
    ram: Ram
    boot: BootRoom
    linker: Linker
    reserved: tuple[Pool, ...]
    pools: tuple[Pool, ...]


# --- board -----------------------------------------------------------------------------------------------------------


class Point(NamedTuple):
    """A place in a drawing, in its own units, from the left and from the top."""

    x: float
    y: float


class Place(NamedTuple):
    """A rectangle in a drawing."""

    left: float
    top: float
    width: float
    height: float


class StNames(Table, frozen=True):
    """What ST's files call the board.

    Attributes:
        name: of its folder in ST's applications, and in the model zoo's YAML files.
        bsp: folder of its board support package below STM32Cube_FW_N6/Drivers/BSP.
        applications: keys of the application releases that have a folder for it (see `compiler.pairs`).
        screens: what the application can be built for, the first one by default; () where there is no choice.
        welcome_lines: lines that the second part of the welcome message takes on its screen.
    """

    name: str
    bsp: str
    applications: tuple[str, ...]
    screens: tuple[str, ...] = ()
    welcome_lines: int = 1


class Flash(Table, frozen=True):
    """External flash: where it is mapped, its size, and what STM32CubeProgrammer erases at once.

    `loader` is the file name of ST's external loader for it, '' where none is needed.
    """

    chip: str
    address: int
    size: int
    sector: int
    loader: str = ""

    @property
    def end(self) -> int:
        """Return the first address behind it."""
        return self.address + self.size


class Slot(Table, frozen=True):
    """Where an image of one role lies in flash: its first address, and the first one that is no longer its."""

    role: Role
    address: int
    end: int

    @property
    def size(self) -> int:
        """Return the room in bytes."""
        return self.end - self.address


class RamBudget(Table, frozen=True):
    """RAM that one of ST's applications takes when linked, measured; with another model good to some tens of kB.

    Attributes:
        pair: key of the application's release in `pairs.PAIRS`.
        screen: the one of `StNames.screens` that it is built for; '' where there is no choice.
        base: bytes without any boxes.
        per_box: bytes per box of a model with 17 keypoints.
        per_keypoint: of these, bytes per keypoint.
    """

    pair: str
    base: int
    per_box: int
    per_keypoint: int
    screen: str = ""

    def needed(self, boxes: int, keypoints: int = 17) -> int:
        """Return bytes for a model that gives this many boxes with this many keypoints each."""
        return self.base + (self.per_box + self.per_keypoint * (keypoints - 17)) * boxes


class LiveBudget(Table, frozen=True):
    """Memory that ST's applications take with the live stream when linked, measured; bytes.

    Attributes:
        region: of the linker's region, for any model; with other command blobs it differs by some tens of kB.
        outside: what the stream adds of memory outside the chip, 0 where the board has none.
    """

    region: int
    outside: int = 0


class UsbDevice(Table, frozen=True):
    """A USB device that the board shows: vendor and possible product ids, and the key of its connector."""

    vendor: int
    products: tuple[int, ...]
    what: str
    connector: str


class Connector(Table, frozen=True):
    """A socket.

    Attributes:
        key: short name.
        marking: what is printed beside it.
        socket: which one it is, for a sentence: 'USB-C socket CN6 (ST-LINK)'.
        cable: what is plugged into it.
        use: what it is for; '' where that goes without saying.
        carries: what the program uses it for.
        at: its middle in the drawing, on an edge of the board.
    """

    key: str
    marking: str
    socket: str
    cable: str
    carries: tuple[Carries, ...]
    at: Point
    use: str = ""

    @property
    def message(self) -> str:
        """Return which one it is and what for, for a sentence."""
        return f"{self.socket}: {self.use}" if self.use else self.socket


class BootSwitch(Table, frozen=True):
    """A boot switch or jumper with two positions.

    Attributes:
        name: the chip's name for what it sets.
        label: what is printed beside it.
        kind: what it is.
        positions: names of its two positions, from left to right.
        at: left upper corner of its part of the drawing, 38 wide and 20 high.
    """

    name: str
    label: str
    kind: Literal["slide", "jumper"]
    positions: tuple[str, str]
    at: Point


class BootMode(Table, frozen=True):
    """A way to start.

    Attributes:
        key: which one.
        title: for people.
        steps: what to do for it, a sentence each, without their full stops.
        note: what else to know, likewise; '' for nothing.
        sign: what shows that the board started so, for a sentence; '' for nothing.
        switches: each boot switch's position.
        decisive: names of those switches that matter.
    """

    key: Boot
    title: str
    steps: tuple[str, ...]
    switches: dict[str, str]
    decisive: tuple[str, ...]
    note: str = ""
    sign: str = ""

    @property
    def message(self) -> str:
        """Return the steps as one sentence without its full stop."""
        first, *others = self.steps
        steps = ", then ".join([first, *map(_as_continued, others)])
        return f"{steps}; {_as_continued(self.note)}" if self.note else steps

    @property
    def sentences(self) -> tuple[str, ...]:
        """Return the steps and the note as sentences of their own."""
        return tuple(f"{text}." for text in (*self.steps, self.note) if text)


class Irreversible(Table, frozen=True):
    """Something that cannot be undone, and when it happens; confirmed separately.

    `word` and `mask` are the OTP word and its bits that are burnt; None and 0 for what is no fuse.
    """

    key: str
    title: str
    message: str
    when: str
    word: int | None = None
    mask: int = 0


class DrawnPart(Table, frozen=True):
    """What fills a part of the board in its drawing."""

    kind: Literal["screen", "camera", "chip", "computer"]
    label: str
    place: Place


class Drawing(Table, frozen=True):
    """A sketch of the board, not to scale: its outline, where its name stands, and what it carries."""

    size: Point
    name: Point
    parts: tuple[DrawnPart, ...]


class Board(Table, frozen=True):
    """One board.

    Attributes:
        key: name of its file.
        name: for people.
        noun: what a button calls it: 'board'.
        summary: what it is, in some words.
        chip: what it shares with others of its chip.
        reached_by: how it is reached.
        factory_firmware: whether its flash comes with programs of its maker, which writing replaces.
        probe_names: how an ST-LINK reports the board that it sits on.
        video: where its image goes, for a sentence.
        st: what ST's files call it.
        flash: its external flash.
        slots: where images lie, one of each role.
        pools: what the model compiler may use: of the board, then of the chip.
        budgets: what ST's applications take of the linker's region.
        live: what they take with the live stream; None for a board for which it was not made.
        connectors: its sockets.
        switches: its boot switches.
        boot_modes: what they select.
        drawing: how it looks.
        usb: what it shows on USB.
        irreversible: what cannot be undone.
        like: key of the board from which it takes what its file does not say; '' for none.
        rank: its place in lists, smaller ones first; the first one is the default.
    """

    key: str
    name: str
    noun: str
    summary: str
    chip: Chip
    reached_by: Access
    factory_firmware: bool
    probe_names: tuple[str, ...]
    video: str
    st: StNames
    flash: Flash
    slots: tuple[Slot, ...]
    pools: tuple[Pool, ...]
    budgets: tuple[RamBudget, ...]
    connectors: tuple[Connector, ...]
    switches: tuple[BootSwitch, ...]
    boot_modes: tuple[BootMode, ...]
    drawing: Drawing
    live: LiveBudget | None = None
    usb: tuple[UsbDevice, ...] = ()
    irreversible: tuple[Irreversible, ...] = ()
    like: str = ""
    rank: int = 100

    # --- what it can do

    @property
    def needs_vendor_tools(self) -> bool:
        """Whether images are made with ST's software and written with ST's programmer."""
        return self.reached_by == Access.ST_LINK

    @property
    def needs_hands(self) -> bool:
        """Whether a person must move its switches and its cable."""
        return self.reached_by == Access.ST_LINK

    @property
    def flash_in_sight(self) -> bool:
        """Whether its flash can be looked at whenever one likes, without connecting to the board."""
        return self.reached_by == Access.FOLDER

    @property
    def runs_here(self) -> bool:
        """Whether its application runs on this computer, where the live view can start it."""
        return self.reached_by == Access.FOLDER

    # --- its parts

    def screen(self, wanted: str = "") -> str:
        """Return the screen that ST's application is built for: the wanted one where it has it, '' without a choice."""
        return wanted if wanted in self.st.screens else next(iter(self.st.screens), "")

    def slot(self, role: Role) -> Slot:
        """Return the flash slot for images of `role`."""
        return next(slot for slot in self.slots if slot.role == role)

    def boot_mode(self, key: Boot) -> BootMode:
        """Return how it starts so; every board has `Boot.DEVELOPMENT` and `Boot.FLASH`.

        Raises:
            KeyError: it cannot start so.
        """
        return {mode.key: mode for mode in self.boot_modes}[key]

    @property
    def probe_connector(self) -> Connector:
        """Return the socket of the debug probe."""
        return next(connector for connector in self.connectors if Carries.PROBE in connector.carries)

    @property
    def video_connector(self) -> Connector | None:
        """Return the socket that carries video, None for a board that sends none."""
        return next((connector for connector in self.connectors if Carries.VIDEO in connector.carries), None)

    @property
    def weights_pool(self) -> Pool:
        """Return the memory pool that weights go to."""
        return next(pool for pool in self.pools if pool.constant)

    def mode_of(self, positions: dict[str, str]) -> BootMode:
        """Return the mode that the switches select; the one that fewest of them decide counts first.

        Raises:
            ValueError: a switch is missing, or stands where it has no position.
        """
        if {switch.name: positions.get(switch.name) in switch.positions for switch in self.switches} != dict.fromkeys(
            positions, True
        ):
            raise ValueError(f"{positions} are not positions of the switches of the {self.name}")
        order = sorted(self.boot_modes, key=lambda mode: len(mode.decisive))
        return next(mode for mode in order if all(positions[name] == mode.switches[name] for name in mode.decisive))


def _as_continued(text: str) -> str:
    """Return a sentence as it stands behind a comma; what begins with a name such as JP2 stays as it is."""
    return text if text[1:2].isupper() or text[1:2].isdigit() else text[:1].lower() + text[1:]


def hex_address(address: int) -> str:
    """Return an address as people and ST's tools write it, for example 0x70100000."""
    return f"0x{address:08X}"
