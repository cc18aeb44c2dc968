"""Runs commands in forked processes, each in a folder of its own, under a watchdog.

The parent has imported everything and has run nothing: a fork of it starts in milliseconds with Hydra's and torch's state
as in a new interpreter.
"""

import os
import random
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.measuring import ROOT

HANG = 20.0  # seconds of processor time
_WALL = 6 * HANG  # seconds of wall-clock time, on a machine that others use too
_MEMORY, _FILE = 6 << 30, 256 << 20  # bytes beyond what the parent has, and of one file
_HEAVY = (
    "lightning torchmetrics pandas pyarrow matplotlib.pyplot sklearn.model_selection optuna scipy.stats hydra jieba "
    "lightlab.cli.train lightlab.cli.predict lightlab.cli.report lightlab.cli.figures lightlab.__main__ "
    "lightlab.training.fit lightlab.training.cross_validation lightlab.prediction.predict lightlab.report "
    "lightlab.plots.style lightlab.sweeps.search.sweep"
).split()
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Events of the interpreter that change files or run something, with the positions of the paths among their arguments.
_EVENTS: dict[str, tuple[int, ...]] = {
    "open": (0,), "os.remove": (0,), "os.rename": (0, 1), "os.mkdir": (0,), "os.rmdir": (0,), "os.symlink": (1,),
    "os.link": (1,), "os.truncate": (0,), "os.chmod": (0,), "os.chown": (0,), "shutil.rmtree": (0,),
    "subprocess.Popen": (), "os.system": (), "os.exec": (), "os.posix_spawn": (), "socket.connect": (),
    "socket.getaddrinfo": (), "webbrowser.open": (), "ftplib.connect": (), "urllib.Request": (), "pty.spawn": (),
}  # fmt: skip
_PROGRAMS = ("git", "uname", "/bin/sh", "lscpu", "ldconfig", "/sbin/ldconfig", "gcc", "cc", "file")  # lightlab's, platform's


@dataclass(frozen=True)
class Job:
    """A command to run.

    Attributes:
        folder: of this job alone; the command runs in its ``work``.
        prepare: called in the child with ``work``; returns the command: ``train.py``, ``predict.py`` or ``lightlab``, and
            its arguments.
        environment: what it sets in addition.
        fresh: run by a new interpreter in place of a fork.
        hook: called in the child after `prepare`, such as to make writing fail.
        kill: seconds after the start, and the signal to send.
    """

    folder: Path
    prepare: Callable[[Path], Sequence[str]]
    environment: dict[str, str] | None = None
    fresh: bool = False
    hook: Callable[[], None] | None = None
    kill: tuple[float, int] | None = None

    @property
    def work(self) -> Path:
        return self.folder / "work"


@dataclass(frozen=True)
class Finished:
    """A command that has ended: `code` is negative if a signal ended it; `events` are its doings outside its folder."""

    code: int
    stdout: str
    stderr: str
    seconds: float
    hung: bool
    events: list[str]
    orphans: bool


def warm_up() -> None:
    """Imports all that a command may need, in the parent."""
    for name in _HEAVY:
        import_module(name)
    sys.dont_write_bytecode = True


def run_all(jobs: Iterable[Job], processes: int = 1) -> Iterator[tuple[Job, Finished]]:
    """Runs jobs side by side and yields them as they end."""
    queue, running = iter(jobs), {}
    while True:
        while len(running) < processes and (job := next(queue, None)) is not None:
            running[_fork(job)] = (job, time.monotonic(), [False])
        if not running:
            return
        for process, (job, start, hung) in list(running.items()):
            _watch(process, job, time.monotonic() - start, hung)
            ended, status, usage = os.wait4(process, os.WNOHANG)
            if ended:
                del running[process]
                yield job, _finished(job, process, status, usage.ru_utime + usage.ru_stime, hung[0])
        time.sleep(0.005)


def run(job: Job) -> Finished:
    """Runs one job."""
    return next(run_all([job]))[1]


def _watch(process: int, job: Job, seconds: float, hung: list[bool]) -> None:
    if job.kill and seconds > job.kill[0]:
        with suppress(ProcessLookupError):
            os.kill(process, job.kill[1])
        object.__setattr__(job, "kill", None)
    elif not hung[0] and (seconds > _WALL or _processor_time(process) > HANG):
        hung[0] = True
        os.killpg(process, signal.SIGKILL)


def _processor_time(process: int) -> float:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _finished(job: Job, process: int, status: int, seconds: float, hung: bool) -> Finished:
    orphans = not _group_ends(process)
    texts = [(job.folder / name).read_text(encoding="utf-8", errors="replace") for name in ("stdout", "stderr", "events")]
    code = os.waitstatus_to_exitcode(status)
    return Finished(code, texts[0], texts[1], seconds, hung, texts[2].splitlines(), orphans)


def _group_ends(process: int) -> bool:
    """Waits a little for the processes that a command has started, then ends them by its group."""
    for _ in range(100):
        try:
            os.killpg(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    with suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)
    return False


def _fork(job: Job) -> int:
    job.work.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    process = os.fork()
    if process:
        with suppress(PermissionError, ProcessLookupError):  # the child does so too; whoever is first
            os.setpgid(process, process)
        return process
    code = 70
    try:
        os.setpgid(0, 0)
        code = _child(job)
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _child(job: Job) -> int:
    """Becomes the command; what `prepare` raises is the campaign's own error and ends it by code 70."""
    _redirect(job.folder)
    os.chdir(job.work)
    for name in [name for name in os.environ if name.startswith("LIGHTLAB_")]:
        del os.environ[name]
    temporary = job.folder / "tmp"
    temporary.mkdir(exist_ok=True)
    os.environ |= {"LIGHTLAB_CACHE": "cache", "TMPDIR": str(temporary), "HOME": str(job.folder), "COLUMNS": "120"}
    sys.argv = list(job.prepare(job.work))
    os.environ |= job.environment or {}
    if job.fresh:
        os.environ |= {"PYTHONPATH": f"{ROOT / 'src'}:{job.work}", "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
        script = ["-m", "lightlab"] if sys.argv[0] == "lightlab" else [str(ROOT / sys.argv[0])]
        _limit()
        os.execv(sys.executable, [sys.executable, *script, *sys.argv[1:]])
    random.seed(0)
    sys.path.insert(0, str(job.work))
    _listen(job.folder)
    if job.hook:
        job.hook()
    _limit()
    return _entered(sys.argv[0])


def _redirect(folder: Path) -> None:
    with open(os.devnull, "rb") as null:
        os.dup2(null.fileno(), 0)
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        with open(folder / name, "wb") as file:
            os.dup2(file.fileno(), descriptor)
    sys.stdout = open(1, "w", encoding="utf-8", errors="surrogateescape", closefd=False)
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False, buffering=1)
    (folder / "events").write_bytes(b"")


def _limit() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[5])  # of data: V8 reserves addresses that it never uses
    resource.setrlimit(resource.RLIMIT_DATA, (pages * resource.getpagesize() + _MEMORY,) * 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE, _FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _entered(command: str) -> int:
    """Calls the entry point and returns its exit code, as the interpreter would."""
    train, predict, others = (import_module(f"lightlab.{name}") for name in ("cli.train", "cli.predict", "__main__"))
    entry = {"train.py": lambda: train.main(ROOT / "conf"), "predict.py": predict.main, "lightlab": others.main}[command]
    try:
        entry()
    except SystemExit as stop:
        if isinstance(stop.code, str):
            print(stop.code, file=sys.stderr)
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _listen(folder: Path) -> None:
    """Records what is written outside the folder, and every program or connection that is started, in ``events``."""
    log = os.open(folder / "events", os.O_WRONLY | os.O_APPEND)
    own = os.path.realpath(folder) + os.sep

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in _EVENTS or (event == "open" and not _opens_for_writing(arguments)):
            return
        named = [arguments[index] for index in _EVENTS[event] if not isinstance(arguments[index], int)]
        paths = [os.path.realpath(os.fsdecode(path)) for path in named]
        if _EVENTS[event] and all(path.startswith((own, "/dev/", "/proc/")) for path in paths):
            return
        if event in ("subprocess.Popen", "os.posix_spawn") and str(arguments[0]).endswith(_PROGRAMS):
            return
        os.write(log, f"{event} {arguments!r}"[:500].replace("\n", " ").encode(errors="replace") + b"\n")

    sys.addaudithook(hear)


def _opens_for_writing(arguments: tuple[Any, ...]) -> bool:
    _, mode, flags = arguments
    return bool(set(mode) & set("wax+")) if isinstance(mode, str) else bool((flags or 0) & _WRITES)
