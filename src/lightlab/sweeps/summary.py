"""What a sweep prints and writes into its folder when its runs have ended."""

import shlex
import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from lightlab.errors import DataError, reported
from lightlab.runs.folder import results_of, state
from lightlab.runs.overrides import program, read_overrides
from lightlab.runs.places import make_folder, relative_to_cwd
from lightlab.runs.records import read_text, read_yaml
from lightlab.runs.summary import text_table
from lightlab.runs.trust import Targets

MOST_LINES = 30  # of a table; of more runs only those that are not done are listed


@contextmanager
def finished(folder: Path, own: Targets | None = None, allow: Sequence[str] = ()) -> Iterator[None]:
    """Makes a sweep's folder and finishes the sweep, even one that is stopped: see `finish`.

    Raises:
        SystemExit: with 1 if one of its runs is not done, with 2 if the folder cannot be made.
    """
    with reported():
        make_folder(folder)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that it ends with a report between two runs too
    folder = relative_to_cwd(folder.absolute())
    stopped = True
    try:
        yield
        stopped = False
    finally:
        with reported():
            finish(folder, stopped, own, allow)
    if any(map(_is_missing, runs_of(folder))):
        raise SystemExit(1)


def finish(folder: Path, stopped: bool = False, own: Targets | None = None, allow: Sequence[str] = ()) -> None:
    """Prints how each run of a sweep has ended, and writes report.html, report.md and summary.csv, which compare them.

    The table names the overrides in which a run differs, its state, the monitored metric and its seconds. Descents
    on surfaces are drawn into figures/trajectories.png.

    Args:
        stopped: whether some runs may not have begun.
        own: targets that the user's own config folders and command line name, by group.
        allow: packages that the user trusts.
    """
    runs = runs_of(folder)
    if not runs:
        with suppress(OSError):  # it holds other files, which stay
            folder.rmdir()
        return
    print(f"\n{table(runs)}\n", flush=True)
    descents = {run: name for run, name in zip(runs, distinct_overrides(runs), strict=True) if _has_trajectory(run)}
    if descents:
        from lightlab.surfaces.pictures import draw_trajectories  # which imports torch

        draw_trajectories(descents, folder / "figures", own, allow)
    from lightlab.report import write

    print(f"report       {write([folder], to=folder)}")
    if stopped or any(map(_is_missing, runs)):
        print(f"go on        {program()} sweep_resume={shlex.quote(str(folder))}", flush=True)


def runs_of(folder: Path) -> list[Path]:
    """Returns the folders of a sweep's runs, 2 before 10."""
    runs = (path for path in folder.glob("*") if path.is_dir() and (path / ".hydra").is_dir())
    return sorted(runs, key=lambda run: (len(run.name), run.name))


def distinct_overrides(runs: Sequence[Path]) -> list[str]:
    """Returns the overrides that not all runs share, such as ``adam`` or ``optimizer=adam, optimizer.lr=0.1``."""
    overrides = [read_overrides(run) for run in runs]
    shared = set.intersection(*map(set, overrides)) if overrides else set()
    kept = [[override for override in of_run if override not in shared] for of_run in overrides]
    if len({override.partition("=")[0] for of_run in kept for override in of_run}) == 1:
        kept = [[override.partition("=")[2] for override in of_run] for of_run in kept]
    return [", ".join(of_run) or run.name for of_run, run in zip(kept, runs, strict=True)]


def table(runs: Sequence[Path]) -> str:
    """Returns one line for each run, or of many runs for those that are not done, and how many have which state."""
    states = [state(run) for run in runs]
    rows = [
        (run.name, name, ended, _outcome(run), _seconds(run))
        for run, name, ended in zip(runs, distinct_overrides(runs), states, strict=True)
        if len(runs) <= MOST_LINES or ended != "done"
    ]
    counts = ", ".join(f"{count} {ended}" for ended, count in Counter(states).items())
    return "\n".join(filter(None, [text_table(rows, numbers=(0, 4)), f"{len(runs)} runs: {counts}"]))


def line(run: Path) -> str:
    """Returns how one run has ended, to be printed while others go on."""
    return f"#{run.name} {state(run)}  {' '.join(read_overrides(run))}  {_outcome(run)}  {_seconds(run)}".rstrip()


def _outcome(run: Path) -> str:
    """Returns the monitored metric, or why there is none."""
    for name in ("pruned.txt", "error.txt"):
        if state(run) != "done" and (run / name).is_file():
            with suppress(DataError):
                return read_text(run / name, errors="replace").strip()[:100]
    monitor = _monitor(run)
    value = (results_of(run) or {}).get(monitor)
    return f"{monitor} {value:.4g}" if isinstance(value, int | float) else ""


def _seconds(run: Path) -> str:
    seconds = (results_of(run) or {}).get("seconds")
    return f"{seconds:.1f} s" if isinstance(seconds, int | float) else ""


def _monitor(run: Path) -> str:
    """Returns the monitored metric's name; empty where config.yaml is missing or damaged."""
    try:
        return str(read_yaml(run / "config.yaml", dict)["monitor"]["name"])
    except (DataError, KeyError, TypeError):
        return ""


def _is_missing(run: Path) -> bool:
    return state(run) in ("failed", "unfinished")


def _has_trajectory(run: Path) -> bool:
    return (run / "trajectory.csv").is_file() and (run / "config.yaml").is_file()
