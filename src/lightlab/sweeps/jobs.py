"""A run that is one of many: the others go on when it fails, and those that run beside it have their share."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from math import nan
from pathlib import Path
from typing import Any

from hydra.core.override_parser.types import Override

from lightlab.errors import UsageError, reported
from lightlab.runs.folder import failure_kept, state
from lightlab.sweeps.summary import line


def one_of_many(run: Callable[[], float | None], folder: Path, launcher: Mapping[str, Any]) -> float | None:
    """Makes a run of a sweep; one that fails leaves error.txt, and gives NaN.

    Args:
        launcher: Hydra's, as its config has it.
    """
    parallel = is_parallel(launcher)
    try:
        with _words_apart(folder) if parallel else nullcontext(), reported(), failure_kept(folder):
            return run()
    except SystemExit as stop:
        if stop.code not in (1, 2) and not parallel:  # else it is for the process that waits to stop the others
            raise
    except Exception:
        traceback.print_exc()
    return nan


def is_parallel(launcher: Mapping[str, Any]) -> bool:
    """Whether Hydra's launcher runs several jobs at a time."""
    return not launcher["_target_"].endswith(".BasicLauncher")


def divide_threads(launcher: Mapping[str, Any]) -> None:
    """Leaves PyTorch this job's share of threads: the cores over the jobs at a time, or what the job has asked for."""
    import torch

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    jobs = launcher.get("n_jobs") or 1
    share = launcher.get("cpus_per_task") or cores // (cores if jobs < 0 else jobs)
    torch.set_num_threads(max(1, min(share, torch.get_num_threads())))


def check_launcher(overrides: Iterable[Override]) -> None:
    """Refuses a number of jobs that cannot be.

    Raises:
        UsageError: names the override.
    """
    for override in overrides:
        if override.key_or_group == "hydra.launcher.n_jobs":
            jobs = override.value()
            if not isinstance(jobs, int) or isinstance(jobs, bool) or jobs == 0 or jobs < -1:
                raise UsageError(f"{override.input_line}: must be a whole number of at least 1, or -1 for all cores")


@contextmanager
def _words_apart(folder: Path) -> Iterator[None]:
    """What the job says goes into its console.txt; the terminal gets one line when it has ended."""
    folder.mkdir(parents=True, exist_ok=True)
    terminal = sys.stdout
    with (folder / "console.txt").open("a", encoding="utf-8", buffering=1) as console:
        try:
            with redirect_stdout(console), redirect_stderr(console):
                yield
        finally:
            if state(folder) != "unfinished":
                print(line(folder), file=terminal, flush=True)
