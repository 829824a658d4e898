"""The window of a first start, made of what Python itself brings: what comes, how much, time left, cancel, retry."""

import queue
import threading
import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tkinter import ttk

from n6studio.domain.errors.advice import advice
from n6studio.domain.errors.base import StudioError
from n6studio.domain.texts import bytes_text, duration
from n6studio.first_start.environment import Kit, SetUp
from n6studio.layers.download import Stopped

_LOOK_EVERY = 100  # ms
_WIDTH = 520  # pixels
HINT = (
    "Behind a proxy, set HTTPS_PROXY to its address and start again. Without a network, use the offline installer. "
    "What has been downloaded is kept."
)


@dataclass(frozen=True)
class _Step:
    text: str
    done: int = 0
    total: int = 0
    left: float | None = None


class FirstStart:
    """Makes the environment in a thread and shows how far it is.

    Args:
        kit: what was installed.
        set_up: makes what does the work.

    Attributes:
        environment: what was made, None before.
    """

    def __init__(self, kit: Kit, set_up: Callable[..., SetUp] = SetUp) -> None:
        self._kit, self._make = kit, set_up
        self.environment: Path | None = None
        self._news: queue.SimpleQueue[_Step | Exception | Path] = queue.SimpleQueue()
        self._stop = threading.Event()
        self.root = root = tk.Tk(className="N6studio")
        root.title("N6 Studio")
        root.protocol("WM_DELETE_WINDOW", self._cancel)
        frame = ttk.Frame(root, padding=20)
        frame.pack(fill="both", expand=True)
        ttk.Label(frame, text="Setting up N6 Studio", font=("TkDefaultFont", 14, "bold")).pack(anchor="w")
        about = "The first start fetches the program's packages (about 240 MB). Later starts take a second."
        ttk.Label(frame, text=about, wraplength=_WIDTH).pack(anchor="w", pady=(4, 12))
        self.bar = ttk.Progressbar(frame, length=_WIDTH, maximum=1000)
        self.bar.pack(fill="x")
        self.told = ttk.Label(frame, text="", wraplength=_WIDTH)
        self.told.pack(anchor="w", pady=(6, 12))
        row = ttk.Frame(frame)
        row.pack(fill="x")
        self.details = ttk.Button(row, text="Show details", command=self._toggle)
        self.details.pack(side="left")
        self.cancel = ttk.Button(row, text="Cancel", command=self._cancel)
        self.cancel.pack(side="right")
        self.retry = ttk.Button(row, text="Try again", command=self.start)
        self.text = tk.Text(frame, height=10, width=72, state="disabled", wrap="word")

    def start(self) -> None:
        """Begin, or begin again."""
        self._stop = threading.Event()
        self.retry.pack_forget()
        self.cancel.configure(text="Cancel")
        threading.Thread(target=self._work, args=(self._stop,), daemon=True).start()
        self.root.after(_LOOK_EVERY, self._look)

    def _work(self, stop: threading.Event) -> None:
        def told(step: str, done: int, total: int, left: float | None) -> None:
            self._news.put(_Step(step, done, total, left))

        try:
            self._news.put(self._make(self._kit, told, stop).run())
        except Exception as error:
            self._news.put(error)

    def _look(self) -> None:
        while not self._news.empty():
            news = self._news.get()
            if isinstance(news, _Step):
                self._show(news)
                continue
            self.bar.stop()
            if isinstance(news, Path):
                self.environment = news
                self.root.destroy()
            elif isinstance(news, Stopped):
                self.root.destroy()
            else:
                self._failed(news)
            return
        self.root.after(_LOOK_EVERY, self._look)

    def _show(self, step: _Step) -> None:
        text = step.text[0].upper() + step.text[1:]
        if step.total:
            self.bar.stop()
            self.bar.configure(mode="determinate", value=step.done * 1000 // step.total)
            text += f": {bytes_text(step.done)} of {bytes_text(step.total)}"
        else:
            self.bar.configure(mode="indeterminate")
            self.bar.start(15)
            self._add(text)
        if step.left is not None and step.left >= 1:
            text += f", {duration(step.left)} left"
        self.told.configure(text=text)

    def _failed(self, error: Exception) -> None:
        told = advice(error).as_text() if isinstance(error, StudioError) else f"{error}"
        log = self._kit.home / "first-start.log"
        self.bar.configure(mode="determinate", value=0)
        self.told.configure(text=f"{told}\n\n{HINT}\n\nLog: {log}")
        self._add(told)
        self.cancel.configure(text="Close")
        self.retry.pack(side="right", padx=(0, 8))

    def _toggle(self) -> None:
        if self.text.winfo_manager():
            self.text.pack_forget()
            self.details.configure(text="Show details")
        else:
            self.text.pack(fill="both", expand=True, pady=(12, 0))
            self.details.configure(text="Hide details")

    def _add(self, line: str) -> None:
        self.text.configure(state="normal")
        self.text.insert("end", line + "\n")
        self.text.see("end")
        self.text.configure(state="disabled")

    def _cancel(self) -> None:
        if str(self.cancel.cget("text")) == "Close":
            self.root.destroy()
            return
        self.told.configure(text="Stopping ...")
        self._stop.set()
