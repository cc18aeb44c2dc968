"""What a sweep leaves in its folder when its runs have ended, and says of them."""

from __future__ import annotations

import shlex
import signal
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from hydra.experimental.callback import Callback
from omegaconf import DictConfig

from lightlab.errors import UsageError, reported
from lightlab.runs.folder import results_of, shortened, state

MOST_LINES = 30  # of a table; of more runs only those that are not done are listed
started: list[Path] = []  # the folder of the sweep that this process runs


class SweepStarted(Callback):
    """Hydra's only word on where a sweep's folder is that comes before its runs, and in the process that began it."""

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        folder = Path(config.hydra.sweep.dir).absolute()
        with reported():
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise UsageError(f"hydra.sweep.dir={folder}: no folder can be made here ({error.strerror})") from None
        started[:] = [shortened(folder)]
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that it ends with a report between two runs too


@contextmanager
def finished() -> Iterator[None]:
    """Sees to it that a sweep ends as it should, also when it was stopped; exits with 1 if a run of it is not done."""
    stopped = True
    try:
        yield
        stopped = False
    finally:  # Hydra's own hook is left out when a run fails
        for sweep in started:
            with reported():
                finish(sweep, stopped)
    if any(state(run) in ("failed", "unfinished") for sweep in started for run in runs_of(sweep)):
        raise SystemExit(1)


def finish(folder: Path, stopped: bool = False) -> None:
    """Says how each run of a sweep has ended, and compares them; called also when some failed, or when it was stopped.

    The table names what each run was told that others were not, its state, the monitored metric and its seconds.
    Descents on surfaces come onto figures/trajectories.png. report.html, report.md and summary.csv compare the runs.

    Args:
        stopped: before all of its runs had begun, perhaps.
    """
    runs = runs_of(folder)
    if not runs:
        return
    print(f"\n{table(runs)}\n", flush=True)
    ways = {run: name for run, name in zip(runs, distinct_overrides(runs), strict=True) if _has_trajectory(run)}
    if ways:
        from lightlab.surfaces.pictures import draw_trajectories  # which imports torch

        draw_trajectories(ways, folder / "figures")
    from lightlab.report import write

    print(f"report       {write([folder], to=folder)}")
    if stopped or any(state(run) in ("failed", "unfinished") for run in runs):
        print(f"go on        python train.py sweep_resume={shlex.quote(str(folder))}", flush=True)


def runs_of(folder: Path) -> list[Path]:
    """The folders of a sweep's runs, 2 before 10."""
    runs = (path for path in folder.glob("*") if path.is_dir() and (path / ".hydra").is_dir())
    return sorted(runs, key=lambda run: (len(run.name), run.name))


def distinct_overrides(runs: Sequence[Path]) -> list[str]:
    """What each run was told that not all were, such as ``adam`` or ``optimizer=adam, optimizer.lr=0.1``."""
    told = [_overrides(run) for run in runs]
    differing = {each for overrides in told for each in overrides if not all(each in others for others in told)}
    keys = {each.partition("=")[0] for each in differing}
    kept = [[each for each in overrides if each in differing] for overrides in told]
    if len(keys) == 1:
        kept = [[each.partition("=")[2] for each in overrides] for overrides in kept]
    return [", ".join(each) or run.name for each, run in zip(kept, runs, strict=True)]


def table(runs: Sequence[Path]) -> str:
    """How each run has ended, one line each; of many runs only those that are not done; and how many of each."""
    states = [state(run) for run in runs]
    rows = [
        (run.name, name, ended, _outcome(run), _seconds(run))
        for run, name, ended in zip(runs, distinct_overrides(runs), states, strict=True)
        if len(runs) <= MOST_LINES or ended != "done"
    ]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    lines = [
        f"{number:>{widths[0]}}  {name:{widths[1]}}  {ended:{widths[2]}}  {outcome}{seconds}".rstrip()
        for number, name, ended, outcome, seconds in rows
    ]
    counted = ", ".join(f"{count} {ended}" for ended, count in Counter(states).items())
    return "\n".join([*lines, f"{len(runs)} runs: {counted}"])


def line(run: Path) -> str:
    """How one run has ended, as it is said while others go on."""
    told = " ".join(_overrides(run))
    return f"#{run.name} {state(run)}  {told}  {_outcome(run)}{_seconds(run)}"


def _outcome(run: Path) -> str:
    """The monitored metric, or why there is none."""
    for name in ("pruned.txt", "error.txt"):
        if state(run) != "done" and (run / name).is_file():
            return (run / name).read_text(encoding="utf-8").strip()[:100]
    monitor = _monitor(run)
    value = (results_of(run) or {}).get(monitor)
    return f"{monitor} {value:.4g}" if isinstance(value, int | float) else ""


def _seconds(run: Path) -> str:
    seconds = (results_of(run) or {}).get("seconds")
    return f"  {seconds:.1f} s" if isinstance(seconds, int | float) else ""


def _monitor(run: Path) -> str:
    """The monitored metric's name; empty where config.yaml is missing or damaged."""
    try:
        return str(yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8"))["monitor"]["name"])
    except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError):
        return ""


def _overrides(run: Path) -> list[str]:
    from lightlab.runs.overrides import read_overrides  # which takes a tenth of a second, when runs have ended

    return read_overrides(run)


def _has_trajectory(run: Path) -> bool:
    return (run / "trajectory.csv").is_file() and (run / "config.yaml").is_file()
