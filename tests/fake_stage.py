"""A small stage that speaks the stages' protocol and behaves as its request's model file says, word by word.

Started as ``python fake_stage.py REQUEST.json FOLDER`` in place of ``python -m n6studio.stages``.
"""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path


def say(**message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


FIGURES = {
    "format": "onnx", "size_bytes": 7, "sha256": "", "checks": [], "verdict": {"state": "ready", "sentence": "Ready."},
}  # fmt: skip


def finish(folder, content="done", figures=FIGURES, **more):
    (folder / "result.txt").write_text(content)
    (folder / "tree").mkdir()
    (folder / "tree" / "leaf.txt").write_text(content)
    outputs = {"text": "result.txt", "tree": "tree"}
    say(type="result", outputs=outputs, figures=figures, warnings=["mind the gap"], versions={"fake": "1"}, **more)


def main():
    request = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    folder = Path(sys.argv[2])
    word, _, rest = (
        Path(next(iter(request["inputs"].values()))[0]["path"]).read_text(encoding="utf-8").strip().partition(" ")
    )
    cancelled = threading.Event()

    def listen():
        for line in sys.stdin:
            if line.strip() == "cancel" and word != "stubborn":
                cancelled.set()
        os._exit(1)

    threading.Thread(target=listen, daemon=True).start()
    say(type="hello", version=1, stage=request["stage"], pid=os.getpid())
    say(type="step", name="pretend", index=1, count=1)
    (folder / "half.bin").write_bytes(b"half")
    if word == "finish":
        finish(folder, rest)
    elif word == "output":  # says that it wrote something elsewhere
        say(type="result", outputs={"text": rest}, figures=FIGURES, warnings=[], versions={})
    elif word == "watch":  # also looks at a folder that is no input
        finish(folder, watched=[rest])
    elif word == "garbage":
        for line in (
            "Downloading 12%",
            "[1, 2]",
            "null",
            '{"type": "progr',
            "",
            "\N{SNOWMAN}",
            '{"type": "step"}',
            '{"type": "x"}',
        ):
            sys.stdout.write(line + "\n")
        sys.stdout.buffer.write(b"\xff\xfe\n")
        finish(folder)
    elif word == "misfigure":
        finish(folder, figures={**FIGURES, "size_bytes": "large"})
    elif word == "babble":
        say(type="result", outputs="all of them")
        os._exit(3)
    elif word == "error":
        say(type="error", **json.loads(rest))
    elif word == "signal":
        os.kill(os.getpid(), int(rest))
        time.sleep(30)
    elif word == "abort":
        os.abort()
    elif word == "exit":
        os._exit(int(rest))
    elif word == "print":
        sys.stderr.write(rest)
        sys.stderr.flush()
        os._exit(1)
    elif word == "victim":  # what the kernel does: it counts, and kills
        Path(rest).write_text("oom_kill 1\n")
        os.kill(os.getpid(), signal.SIGKILL)
    elif word in ("wait", "stubborn"):
        while not cancelled.wait(0.05):
            pass
        say(type="error", code="N6S-X01", fields={"stage": request["stage"]})
    elif word == "deaf":  # closes its side and goes on
        os.close(1)
        time.sleep(60)
    os._exit(0)


if __name__ == "__main__":
    main()
