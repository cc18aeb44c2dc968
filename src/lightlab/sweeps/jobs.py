"""Runs one job of a sweep: the others go on when it fails, and parallel ones share threads and terminal."""

import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from math import nan
from pathlib import Path
from typing import Any

from lightlab.errors import reported
from lightlab.runs.folder import failure_kept, state
from lightlab.runs.lock import one_writer
from lightlab.sweeps.summary import line


def one_of_many(run: Callable[[], float | None], folder: Path, launcher: Mapping[str, Any]) -> float | None:
    """Runs a job; one that fails leaves error.txt and returns NaN.

    Args:
        launcher: the config of Hydra's launcher.
    """
    parallel = is_parallel(launcher)
    try:
        console = _own_console(folder) if parallel else nullcontext()
        with console, reported(), one_writer(folder), failure_kept(folder):
            return run()
    except SystemExit as stop:
        if stop.code not in (1, 2) and not parallel:  # else the process that waits for the jobs stops them
            raise
    except Exception:
        traceback.print_exc()
    return nan


def is_parallel(launcher: Mapping[str, Any]) -> bool:
    """Whether Hydra's launcher runs several jobs at a time."""
    return not launcher["_target_"].endswith(".BasicLauncher")


def divide_threads(launcher: Mapping[str, Any]) -> None:
    """Sets PyTorch's threads to this job's share: the cores over the parallel jobs, or `cpus_per_task`."""
    import joblib
    import torch

    cores = joblib.cpu_count()
    jobs = launcher.get("n_jobs") or 1
    share = launcher.get("cpus_per_task") or cores // (cores if jobs < 0 else jobs)
    torch.set_num_threads(max(1, min(share, torch.get_num_threads())))


@contextmanager
def _own_console(folder: Path) -> Iterator[None]:
    """Sends the job's output to its console.txt; the terminal gets one line when it has ended."""
    folder.mkdir(parents=True, exist_ok=True)
    terminal = sys.stdout
    with (folder / "console.txt").open("a", encoding="utf-8", buffering=1) as console:
        try:
            with redirect_stdout(console), redirect_stderr(console):
                yield
        finally:
            if state(folder) != "unfinished":
                print(line(folder), file=terminal, flush=True)
