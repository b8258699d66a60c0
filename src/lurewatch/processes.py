"""Which process on which machine does something, and whether it is still there."""

import os
import socket
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")


@dataclass(frozen=True, slots=True)
class Process:
    """A process, told from any later one of the same number by when it began."""

    host: str
    pid: int
    began: str  # as the machine writes it; empty where it does not say


@cache
def this_host() -> str:
    """
    This machine since it was started, and the container that sees its own processes only.

    After a restart it is another one: then nothing is known of the processes before it.
    """
    parts = [socket.gethostname()[:60]]
    boot, numbers = PROC / "sys/kernel/random/boot_id", PROC / "self/ns/pid"
    with suppress(OSError):  # where it is no Linux the name must do
        parts += [boot.read_text("ascii").strip()[:8], str(numbers.readlink()).strip("pid:[]")]
    return "/".join(parts)


def this_process() -> Process:
    """The process that asks."""
    return Process(this_host(), os.getpid(), began(os.getpid()))


def began(pid: int) -> str:
    """
    When a process of this machine began; empty where there is none, or nobody can say.

    >>> began(os.getpid()) != "", began(2**22 + 1)
    (True, '')
    """
    try:
        if not (PROC / "self/stat").exists():
            asked = ["ps", "-o", "lstart=", "-p", str(pid)]
            return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
        state, *fields = (PROC / str(pid) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()  # fmt: skip
    except OSError:
        return ""
    return "" if state in "ZX" else fields[18]  # one that has ended may not be buried yet


def is_gone(process: Process) -> bool | None:
    """
    Whether a process has ended; None where that cannot be known from here.

    >>> is_gone(this_process()), is_gone(Process("elsewhere", 1, "5"))
    (False, None)
    """
    if process.host != this_host() or not process.began:
        return None
    return began(process.pid) != process.began
