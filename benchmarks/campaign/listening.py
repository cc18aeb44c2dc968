"""Hears what a process writes outside its folder, and every program and connection that it starts."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Events of the interpreter that change files or run something, with the positions of the paths among their arguments.
_EVENTS: dict[str, tuple[int, ...]] = {
    "open": (0,), "os.remove": (0,), "os.rename": (0, 1), "os.mkdir": (0,), "os.rmdir": (0,), "os.symlink": (1,),
    "os.link": (1,), "os.truncate": (0,), "os.chmod": (0,), "os.chown": (0,), "shutil.rmtree": (0,),
    "subprocess.Popen": (), "os.system": (), "os.exec": (), "os.posix_spawn": (), "socket.connect": (),
    "socket.getaddrinfo": (), "webbrowser.open": (), "ftplib.connect": (), "urllib.Request": (), "pty.spawn": (),
}  # fmt: skip
_PROGRAMS = ("git", "uname", "lscpu", "ldconfig", "gcc", "cc")  # that lightlab, platform and ctypes start


def listen(record: Path, folders: Sequence[Path]) -> None:
    """Records what is written outside the folders, and every program or connection that is started."""
    log = os.open(record, os.O_WRONLY | os.O_APPEND)
    own = tuple(os.path.realpath(folder) + os.sep for folder in folders)

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in _EVENTS or (event == "open" and not _opens_for_writing(arguments)):
            return
        named = [arguments[index] for index in _EVENTS[event] if not isinstance(arguments[index], int)]
        paths = [os.path.realpath(os.fsdecode(path)) for path in named]
        if _EVENTS[event] and all(path.startswith((*own, "/dev/", "/proc/")) for path in paths):
            return
        if event in ("subprocess.Popen", "os.posix_spawn") and str(arguments[0]).endswith(_PROGRAMS):
            return
        os.write(log, f"{event} {arguments!r}"[:500].replace("\n", " ").encode(errors="replace") + b"\n")

    sys.addaudithook(hear)


def _opens_for_writing(arguments: tuple[Any, ...]) -> bool:
    _, mode, flags = arguments
    return bool(set(mode) & set("wax+")) if isinstance(mode, str) else bool((flags or 0) & _WRITES)
