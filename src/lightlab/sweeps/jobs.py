"""Runs one job of a sweep: the others go on when it fails, and parallel ones share threads and terminal."""

import multiprocessing
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from functools import cache
from math import nan
from pathlib import Path
from threading import Thread
from typing import Any

from lightlab.errors import LightlabError, one_line, reported
from lightlab.runs.folder import failure_kept, state
from lightlab.runs.lock import one_writer
from lightlab.sweeps.summary import line, runs_of

GRACE_SECONDS = 10  # for the checkpoint of a job whose sweep was killed


def one_of_many(run: Callable[[], float | None], folder: Path, launcher: Mapping[str, Any]) -> float | None:
    """Runs a job; one that fails leaves error.txt and returns NaN.

    Args:
        launcher: the config of Hydra's launcher.
    """
    parallel = is_parallel(launcher)
    if parallel:
        _end_with_parent()
    try:
        console = _own_console(folder) if parallel else nullcontext()
        with console, reported(), one_writer(folder), failure_kept(folder):
            return run()
    except SystemExit as stop:
        if stop.code not in (1, 2) and not parallel:  # else the process that waits for the jobs stops them
            raise
    except Exception:
        traceback.print_exc()
    finally:
        if _is_orphan():  # else joblib's process would begin the next job in its queue
            os._exit(143)
    return nan


@contextmanager
def launched(folder: Path) -> Iterator[None]:
    """Turns what ends a launcher into one line: a process that was killed, an option that it does not take.

    Args:
        folder: of the sweep.
    """
    try:
        yield
    except LightlabError:
        raise
    except BrokenProcessPool as error:  # joblib has ended the others
        broken_off = ", ".join(run.name for run in runs_of(folder) if state(run) == "unfinished")
        raise LightlabError(
            f"a process of the sweep was killed, perhaps for lack of memory (then lower hydra.launcher.n_jobs); "
            f"unfinished: {broken_off or 'no run'}; go on by sweep_resume={folder}"
        ) from error
    except Exception as error:
        raise LightlabError(f"hydra/launcher: {type(error).__name__}: {one_line(error)}") from error


def check_none_failed(folder: Path, left: int) -> None:
    """Raises `LightlabError` if a run of the sweep has failed, so that the `left` others are not begun."""
    failed = [run.name for run in runs_of(folder) if state(run) == "failed"]
    if failed and left:
        raise LightlabError(
            f"run {failed[0]} has failed, so the last {left} of the sweep are not begun (stop_on_failure); see its "
            f"error.txt; sweep_resume={folder} hydra.sweeper.stop_on_failure=false goes on"
        )


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


@cache
def _end_with_parent() -> None:
    """Stops this process, one of joblib's, soon after the sweep's process has been killed.

    joblib's own processes go on without it. Those of other launchers have no parent that waits for them.
    """
    if multiprocessing.parent_process() is not None:
        Thread(target=_watch, daemon=True).start()


def _watch() -> None:
    while not _is_orphan():
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(143)


def _is_orphan() -> bool:
    parent = multiprocessing.parent_process()
    return parent is not None and os.getppid() != parent.pid


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
