"""How a deployment talks: its messages outwards, and waiting for what only a person can do at the board."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from n6studio.board.programmer import Attendant, PowerCycle, Progress
from n6studio.domain.deploy import STEPS, Instruction, Step
from n6studio.domain.errors.stages import Cancelled
from n6studio.domain.messages import ImageProgressed, InstructionOver, Progressed, StepBegan, Warned
from n6studio.engine.jobs.child import MessageSink

POLL_SECONDS = 0.2
Detect = Callable[[], bool]


@dataclass
class Talk:
    """One deployment's conversation. Lives in the thread that deploys; the two events may be set from any.

    Attributes:
        on_message: gets every message, in this thread.
        cancel: set to stop.
        done: set when the person says that they have done what they were told; cleared for each instruction.
        present: whether a person is there who can be told.
        patience: seconds that are waited for something that can be seen where nobody is there to do it.
        poll_seconds: between two looks for what is being waited for.
        hands: does at once what is told, at a board that needs no person; None for none.
        steps: those that this deployment will go through.
    """

    on_message: MessageSink
    cancel: threading.Event
    done: threading.Event = field(default_factory=threading.Event)
    present: bool = True
    patience: float = 60.0
    poll_seconds: float = 1.0
    hands: Callable[[Instruction], None] | None = None
    steps: tuple[Step, ...] = STEPS
    current: Step = Step.CHECK

    def begin(self, step: Step) -> None:
        """Announce a step.

        Raises:
            Cancelled: the person has had enough.
        """
        self.require_going(step)
        self.current = step
        index, count = self.steps.index(step) + 1, len(self.steps)
        self.on_message(StepBegan(step.value, index, count))

    def require_going(self, step: Step | None = None) -> None:
        """Raise Cancelled where the person asked to stop."""
        if self.cancel.is_set():
            raise Cancelled(stage=(step or self.current).value)

    def progress(self, done: int, total: int, unit: str) -> None:
        """Tell how far the step is."""
        self.on_message(Progressed(done, total, unit))

    def programmed(self, progress: Progress) -> None:
        """Pass on how far a programmer is; see `Attendant.on_progress`."""
        if progress.total:
            self.on_message(ImageProgressed(progress.done, progress.total, "bytes", progress.action, progress.role))

    def warn(self, text: str) -> None:
        """Say a sentence that the user should see."""
        self.on_message(Warned(text))

    def wait_for(self, instruction: Instruction, detect: Detect | None = None) -> bool:
        """Tell the person what to do and wait until it is seen or confirmed.

        Args:
            instruction: what to do.
            detect: looks whether it has been done; None where that cannot be seen.

        Returns:
            Whether it has been done; False only where nobody is there, and it cannot be seen or did not happen.

        Raises:
            Cancelled.
        """
        self.done.clear()
        self.on_message(instruction)
        if self.hands is not None:
            self.hands(instruction)
        seen, began = False, time.monotonic()
        try:
            while not seen:
                self.require_going()
                seen = self.done.is_set() or (detect is not None and detect())
                if not seen and not self.present and (detect is None or time.monotonic() - began > self.patience):
                    break
                end = time.monotonic() + (0.0 if seen else self.poll_seconds)
                while time.monotonic() < end and not self.cancel.is_set() and not self.done.is_set():
                    time.sleep(min(POLL_SECONDS, self.poll_seconds))
        finally:
            self.on_message(InstructionOver(seen))
        return seen

    def attendant(self, power_cycle: Callable[[PowerCycle], bool], log: Any = None) -> Attendant:
        """Return who looks after a programmer's operations in this conversation."""
        return Attendant(self.programmed, self.cancel, power_cycle, log)
