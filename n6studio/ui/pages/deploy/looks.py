"""States in which the deploy page is looked at; see `n6studio.ui.looks`."""

import dataclasses

from n6studio.board.images.flash_plan import LOADER_OVERWRITE
from n6studio.board.registry import board
from n6studio.domain.deploy import (
    STEPS,
    Ask,
    Boot,
    FlashAction,
    Getting,
    Instruction,
    PairLine,
    PairState,
    PlannedWrite,
    Preflight,
    PreflightCheck,
    Risk,
    Role,
    Step,
    ToGet,
    WriteAction,
)
from n6studio.domain.errors.programmer import EraseFailed
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.messages import ImageProgressed, StepBegan
from n6studio.domain.states import CheckState
from n6studio.ui.pages.deploy.getting import GettingDialog
from n6studio.ui.pages.deploy.page import STAGE, DeployPage
from n6studio.ui.pages.look import Look, Scene
from n6studio.ui.theme import TextRole

_DK = board("stm32n6570-dk")
_FOUND = Preflight(
    _DK.key,
    (
        PreflightCheck("model", "Quantized model", CheckState.OK, "jogger_256_quant_pc_uf_pose.tflite, 3.24 MiB"),
        PreflightCheck("stedgeai", "ST Edge AI Core", CheckState.OK,
              "2.1.0 at ~/ST/STEdgeAI/2.1/Utilities/linux", setting="compiler"),
        PreflightCheck("programmer", "STM32CubeProgrammer", CheckState.FAIL,
              "2.17.0 at ~/STMicroelectronics/STM32Cube/STM32CubeProgrammer/bin/STM32_Programmer_CLI",
              "Install 2.18 or later.", "programmer"),
        PreflightCheck("gcc", "GNU Arm GCC", CheckState.OK, "12.2.1 at /usr/bin/arm-none-eabi-gcc (PATH)", "", "gcc"),
        PreflightCheck("application", "Application", CheckState.OK,
              "Getting Started Pose Estimation v2.0.0 for STM32N6570-DK and NUCLEO-N657X0-Q at ~/Downloads/pose", "",
              "application"),
        PreflightCheck("probe", "Board", CheckState.OK, "STM32N6570-DK, ST-LINK 0042003A3137511333333639"),
    ),
    (
        PairLine("a", "Getting Started Pose Estimation v2.0", "2.1", "float", PairState.CHOSEN),
        PairLine("b", "Getting Started Pose Estimation v2.1", "2.2", "int8", PairState.POSSIBLE),
        PairLine("c", "Multi Pose Estimation v2.0", "2.1", "float", PairState.MISSING, "the application is missing."),
    ),
    (
        PlannedWrite(Role.FSBL, "First-stage boot loader", 0x70000000, 61024, 0x100000, WriteAction.SAME),
        PlannedWrite(Role.WEIGHTS, "Model weights", 0x70380000, 3_343_585, 0x7C80000, WriteAction.WRITE),
        PlannedWrite(Role.APPLICATION, "Application", 0x70100000, 425952, 0x280000, WriteAction.WRITE),
    ),
    (
        *(Risk(one.key, one.title, one.message, True) for one in _DK.irreversible),
        Risk(LOADER_OVERWRITE, "Replacing the boot loader", "Other firmware may need its own boot loader.", False),
    ),
    frozenset({_DK.probe_connector.key}),
    ("0042003A3137511333333639",),
    "STM32CubeProgrammer: Install 2.18 or later.",
)  # fmt: skip


_GETTING = Getting(
    _DK.key, "getting-started-2.1", "Getting Started Pose Estimation v2.1 with ST Edge AI Core 2.2",
    (
        ToGet("stedgeai", "ST Edge AI Core", "2.2 (any 2.2.x)", "shown on ST's page",
              "https://www.st.com/en/development-tools/stedgeai-core.html",
              what_to_do="In the installer, select release 2.2 with its components STM32 and Neural-ART.",
              setting="compiler"),
        ToGet("application", "STM32N6-GettingStarted-PoseEstimation", "v2.1.0", "172 MB unpacked",
              "https://github.com/STMicroelectronics/STM32N6-GettingStarted-PoseEstimation/releases/tag/v2.1.0",
              downloaded="~/Downloads/STM32N6-GettingStarted-PoseEstimation-2.1.0.zip",
              what_to_do="The home folder and Downloads are searched.", setting="application", folder=True),
        ToGet("programmer", "STM32CubeProgrammer", "2.23.0", "shown on ST's page",
              "https://www.st.com/en/development-tools/stm32cubeprog.html",
              found="2.22.0 at ~/STMicroelectronics/STM32Cube/STM32CubeProgrammer/bin/STM32_Programmer_CLI",
              setting="programmer"),
        ToGet("gcc", "GNU Arm GCC and GNU make", "10.0 and 4.0 or later, with newlib", "shown on ST's page",
              "https://www.st.com/en/development-tools/stm32cubeclt.html",
              found="12.2.1 at /usr/bin/arm-none-eabi-gcc; 4.3.0 at /usr/bin/make", setting="gcc"),
    ),
)  # fmt: skip


def _page(scene: Scene) -> DeployPage:
    page = scene.page("deploy")
    assert isinstance(page, DeployPage)
    return page


def _real_board(scene: Scene) -> None:
    """Show a real board with everything found but a good programmer; nothing is looked for."""
    page = _page(scene)
    scene.wait(1.0)
    page.board_card.show_board(_DK, _FOUND.seen, _FOUND.probes)
    page.preflight = _FOUND
    page.checks_card.show_checks(_FOUND.checks, getting=True)
    page.pairs_card.show_pairs(_FOUND.pairs)
    page.pairs_card.show_cost("int8 output changes AP by -0.62 points, measured on 50 images.", TextRole.WARN, False)
    page.run_card.show_writes(_FOUND.writes)
    page.run_card.show_risks(_FOUND.risks)
    page.run_card.show_button("Flash board", _FOUND.blocked, True)


def _getting(scene: Scene) -> None:
    """Show what to get from ST; the places are not looked at."""
    _real_board(scene)
    page = _page(scene)
    page.getting = GettingDialog(page)
    page.getting.show_getting(_GETTING)
    page.getting.show()


def _got(scene: Scene) -> None:
    page = _page(scene)
    if page.getting is not None:
        page.getting.close()
        page.getting.deleteLater()
        page.getting = None
    _back(scene)


def _building(scene: Scene) -> None:
    _start(scene, Step.BUILD)
    scene.wait(0.8)


def _writing(scene: Scene) -> None:
    _real_board(scene)
    _start(scene, Step.PROGRAM)
    progress = ImageProgressed(1_300_000, 3_343_585, "bytes", FlashAction.WRITE, Role.WEIGHTS)
    scene.wait(0.8)
    scene.context.job_message.emit(STAGE, progress)


def _coached(scene: Scene) -> None:
    _real_board(scene)
    _start(scene, Step.START)
    steps = ("Slide both boot switches to the left.", "Unplug the board and plug it in again.", "Reset is not enough.")
    instruction = Instruction(
        Ask.SWITCH, _DK.key, Boot.FLASH, "Set the board to run and power-cycle it", steps,
        "Waiting for the ST-LINK to disconnect and reconnect.",
    )  # fmt: skip
    page = _page(scene)
    page.coach.show_instruction(instruction, _DK)


def _start(scene: Scene, step: Step) -> None:
    context = scene.context
    context.job_started.emit(STAGE)
    index = STEPS.index(step) + 1
    context.job_message.emit(STAGE, StepBegan(step.value, index, len(STEPS)))


def _failed(scene: Scene) -> None:
    _real_board(scene)
    _start(scene, Step.PROGRAM)
    switches = _DK.boot_mode(Boot.DEVELOPMENT).message
    error = EraseFailed(
        board=_DK.name, switches=switches, line="Error: failed to erase memory", log=str(scene.folder / "deploy.log")
    )
    scene.context.job_failed.emit(STAGE, error)


def _back(scene: Scene) -> None:
    page, context = _page(scene), scene.context
    context.job_started.emit(STAGE)
    context.job_failed.emit(STAGE, Cancelled(stage=STAGE))
    context.errors.pop(STAGE, None)
    page.error_card.clear()
    page.coach.clear()
    page.preflight = dataclasses.replace(_FOUND, board="virtual")
    page.look()
    scene.wait(0.5)


LOOKS = (
    Look("real-board", _real_board, _back),
    Look("getting", _getting, _got),
    Look("running", _building, _back),
    Look("writing", _writing, _back),
    Look("coach", _coached, _back),
    Look("failed", _failed, _back),
)
