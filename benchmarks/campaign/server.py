"""Runs commands in forked processes, each in a folder of its own, under a watchdog.

The parent has imported everything and has run nothing: a fork of it starts in milliseconds, with Hydra's and torch's
state as in a new interpreter.
"""

import gc
import os
import random
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from benchmarks.campaign.listening import listen
from benchmarks.measuring import ROOT

_MEMORY, _FILE = 3 << 30, 256 << 20  # bytes beyond what the parent has, and of one file
_HEAVY = [
    "lightning", "torchmetrics", "pandas", "pyarrow", "matplotlib.pyplot", "sklearn.model_selection", "optuna",
    "scipy.stats", "hydra", "jieba", "lightlab.cli.train", "lightlab.cli.predict", "lightlab.cli.report",
    "lightlab.cli.figures", "lightlab.__main__", "lightlab.training.fit", "lightlab.training.cross_validation",
    "lightlab.prediction.predict", "lightlab.report", "lightlab.plots.style", "lightlab.sweeps.search.sweep",
]  # fmt: skip


@dataclass(frozen=True)
class Job:
    """A command to run.

    Attributes:
        folder: of this job alone; the command runs in its ``work``.
        prepare: called in the child with ``work``; returns the command: ``train.py``, ``predict.py`` or ``lightlab``,
            and its arguments.
        environment: what it sets in addition.
        fresh: run by a new interpreter in place of a fork.
        hook: called in the child after `prepare`, such as to make writing fail.
        kill: when, how and whom to kill.
        shared: where the command runs in place of ``work``, for jobs that share a folder.
    """

    folder: Path
    prepare: Callable[[Path], Sequence[str]]
    environment: dict[str, str] | None = None
    fresh: bool = False
    hook: Callable[[], None] | None = None
    kill: "Kill | None" = None
    shared: Path | None = None

    @property
    def work(self) -> Path:
        return self.shared or self.folder / "work"


@dataclass(frozen=True)
class Kill:
    """A signal, some seconds after the start, for the command (parent), a child of it (worker), or all (group)."""

    after: float
    signal: int = signal.SIGKILL
    whom: str = "parent"

    def send(self, process: int) -> None:
        with suppress(ProcessLookupError):
            if self.whom == "group":
                os.killpg(process, self.signal)
                return
            workers = members(process) if self.whom == "worker" else []
            os.kill(random.choice(workers) if workers else process, self.signal)


@dataclass(frozen=True)
class Finished:
    """A command that has ended.

    Attributes:
        code: negative if a signal ended it.
        processor: its seconds of processor time; `seconds` are those of the wall clock.
        events: what it wrote outside its folder, and what it started.
        orphans: whether processes were left that it had started.
    """

    code: int
    stdout: str
    stderr: str
    processor: float
    seconds: float
    hung: bool
    events: list[str]
    orphans: bool


def warm_up() -> None:
    """Imports all that a command may need, in the parent."""
    for name in _HEAVY:
        import_module(name)
    sys.dont_write_bytecode = True
    gc.freeze()  # the children's collector neither walks nor copies what is imported here


def members(group: int) -> list[int]:
    """Returns the processes of a group, without its leader."""
    members = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, IndexError):
            if int(path.read_text().rpartition(")")[2].split()[2]) == group and path.parent.name != str(group):
                members.append(int(path.parent.name))
    return members


def fork(job: Job) -> int:
    for folder in (job.folder, job.work):
        folder.mkdir(parents=True, exist_ok=True)
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
        os.environ |= {
            "PYTHONPATH": f"{ROOT / 'src'}:{job.work}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "OMP_NUM_THREADS": "1",
        }
        script = ["-m", "lightlab"] if sys.argv[0] == "lightlab" else [str(ROOT / sys.argv[0])]
        _limit()
        os.execv(sys.executable, [sys.executable, *script, *sys.argv[1:]])
    random.seed(0)
    sys.path.insert(0, str(job.work))
    listen(job.folder / "events", (job.folder, job.work))
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
    sys.stdout = open(1, "w", encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False, buffering=1)  # noqa: SIM115
    (folder / "events").write_bytes(b"")


def _limit() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[5])  # of data: V8 reserves addresses that it never uses
    resource.setrlimit(resource.RLIMIT_DATA, (pages * resource.getpagesize() + _MEMORY,) * 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE, _FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _entered(command: str) -> int:
    """Calls the entry point and returns its exit code, as the interpreter would."""
    start, others = import_module("lightlab.cli.startup").start, import_module("lightlab.__main__")
    entry = {
        "train.py": lambda: start("train", ROOT / "conf"),
        "predict.py": lambda: start("predict"),
        "lightlab": others.main,
    }[command]
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
