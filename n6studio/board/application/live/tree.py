"""Whether an application's tree can carry the live stream, and how: read from what is in it, never from its release."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from n6studio.board.application.makefile import Makefile
from n6studio.board.application.recognise import Application
from n6studio.board.application.tree import makefile_of, text_of
from n6studio.board.description import Board
from n6studio.domain.errors.application import LiveStreamUnsupported
from n6studio.domain.texts import listed

Run = Literal["loop", "epochs", "stai", "threads"]

OBJECTS = re.compile(r"^OBJECTS\s*=", re.MULTILINE)
ARRAYS = tuple(
    re.compile(rf"(\buint8_t\s+{name}\s*{dimension})\[[^\]]+\](?=\s*;)")
    for name, dimension in (("lcd_fg_buffer", r"\[2\]\s*"), ("screen_buffer", ""))
)
_RUNS: tuple[tuple[Run, str], ...] = (
    ("stai", "stai_network_run"),
    ("epochs", "LL_ATON_RT_RunEpochBlock"),
    ("loop", "LL_ATON_RT_Main"),
)
_THREADS = re.compile(r"\b(?:xTaskCreate\w*|tx_thread_create)\s*\(")
_CALLED = ("CMW_CAMERA_SetPipeConfig", "CMW_CAMERA_Start", "app_postprocess_init", "app_postprocess_run")
_PEOPLE = ("mpe_pp_outBuffer_t", "mpe_pp_keyPoints_t", "pOutBuff", "nb_detect", "pKeyPoints")
_PSRAM = re.compile(r"\(\s*\.psram_bss\s*\)")
DRIVERS = {
    "usb": ("stm32n6xx_hal_pcd", "stm32n6xx_hal_pcd_ex", "stm32n6xx_ll_usb"),
    "uart": (),
    "codec": ("stm32n6xx_hal_jpeg", "stm32n6xx_hal_dma", "stm32n6xx_hal_dma_ex"),
    "software": (),
}
WRAPPED: dict[Run, tuple[str, ...]] = {
    "loop": ("LL_ATON_RT_Main",),
    "epochs": ("LL_ATON_RT_RunEpochBlock", "LL_ATON_RT_Reset_Network"),
    "stai": ("stai_network_run",),
    "threads": (
        "LL_ATON_RT_Main", "LL_ATON_Set_User_Input_Buffer_Default", "LL_ATON_Set_User_Output_Buffer_Default",
    ),
}  # fmt: skip
_WRAPPED = (
    "CMW_CAMERA_SetPipeConfig", "CMW_CAMERA_Start", "HAL_DCMIPP_PIPE_SetCropConfig", "HAL_DCMIPP_IRQHandler",
    "app_postprocess_init", "app_postprocess_run",
)  # fmt: skip


@dataclass(frozen=True)
class LiveTree:
    """How a board's part of a tree carries the stream.

    Attributes:
        run: how its loop runs the model.
        psram: whether its linker script has a place for buffers outside the chip.
        screen: whether its screen over USB has to make room.
    """

    run: Run
    psram: bool
    screen: bool

    @property
    def wrapped(self) -> tuple[str, ...]:
        """Functions that the linker wraps."""
        return (*_WRAPPED, *WRAPPED[self.run])


def live_tree(application: Application, board: Board, link: str, jpeg: str, screen: str) -> LiveTree:
    """Return how an application carries the stream on a board.

    Args:
        application: a recognised copy; only read.
        board: the board.
        link: 'usb' or 'uart'.
        jpeg: 'codec' or 'software'.
        screen: what the application is to be built for, on a board with a choice.

    Raises:
        LiveStreamUnsupported: with everything that is missing.
        BoardUnsupported: the application has nothing for the board.
    """
    root, layout = application.root, application.on(board).layout
    makefile = makefile_of(root, board)
    assert makefile is not None  # it was recognised by it
    code = "\n".join(text_of(path) for path in sorted((root / makefile.folder / "Src").glob("*.c")))
    run = _run(code)
    over_usb = bool(board.st.screens)
    missing = [f"a call of {name}" for name in _CALLED if not _calls(code, name)]
    if run is None:
        missing.append("a call that runs the model")
    if run == "threads":
        missing += [f"a call of {name} in its threads" for name in WRAPPED[run] if not _calls(code, name)]
    if len(OBJECTS.findall(text_of(root / makefile.folder / "Makefile"))) != 1:
        missing.append("exactly one line OBJECTS = in the Makefile")
    missing += _files(root, makefile, (*DRIVERS[link], *DRIVERS[jpeg]))
    if over_usb:
        missing += _screen(code, board, screen)
    if missing or run is None:
        raise LiveStreamUnsupported(application=application.name, board=board.name, missing=listed(missing))
    return LiveTree(run, _PSRAM.search(text_of(root / layout.linker)) is not None, over_usb)


def _run(code: str) -> Run | None:
    found = next((run for run, name in _RUNS if _calls(code, name)), None)
    return "threads" if found is not None and _THREADS.search(code) else found


def _calls(code: str, name: str) -> bool:
    return re.search(rf"\b{name}\s*\(", code) is not None


def _files(root: Path, makefile: Makefile, drivers: tuple[str, ...]) -> list[str]:
    """Return what of the middleware is missing: the camera's, ST's drivers, and the structure that holds people."""
    sources = makefile.sources()
    hal = next((path.parent for path in sources if path.name == "stm32n6xx_hal.c"), None)
    missing = []
    if not any(path.name == "cmw_camera.c" for path in sources):
        missing.append("ST's camera middleware")
    if hal is None:
        missing.append("ST's HAL")
    else:
        missing += [f"{name}.c" for name in drivers if not (root / hal / f"{name}.c").is_file()]
    folders = (makefile.expanded(folder) for folder in re.findall(r"-I(\S+)", makefile.text))
    headers = [root / makefile.folder / folder for folder in folders]
    texts = (text_of(folder / "mpe_pp_output_if.h") for folder in headers)
    if not any(all(name in text for name in _PEOPLE) for text in texts):
        missing.append("the structure in which post-processing returns people")
    return missing


def _screen(code: str, board: Board, screen: str) -> list[str]:
    if board.screen(screen) != "UVCL":
        return ["memory beside the screen on SPI"]
    found = [len(pattern.findall(code)) == 1 for pattern in ARRAYS]
    return [] if all(found) else ["the screen's buffers, once each"]
