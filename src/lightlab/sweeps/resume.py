"""Going on with a sweep: what its folder says it was, and which of its runs are still to be made."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from lightlab.config.composition import quote
from lightlab.errors import UsageError
from lightlab.runs.folder import begin_anew, checkpoint_of, shortened, state

_GRIDS = ("hydra_plugins.lightlab_grid.GridSweeper", "hydra._internal.core_plugins.basic_sweeper.BasicSweeper")
_UNFINISHED = "hydra_plugins.lightlab_grid.UnfinishedSweeper"
_PLACES = r"hydra\.(mode|sweep\.dir|run\.dir|sweeper\._target_)="


def saved_arguments(folder: Path, typed: Sequence[str]) -> list[str]:
    """The overrides that a sweep was started with, and Hydra told to make in its folder what is still to be made.

    A search, which has a sweeper of its own, is started as before: its study knows what it has.

    Args:
        typed: overrides of Hydra's own that take the saved ones' place, such as ``hydra/launcher=joblib``.

    Raises:
        UsageError: the folder is no sweep's; or something else than Hydra's own is to be overridden.
    """
    for each in typed:
        if not re.match(r"\+*hydra[./]", each):
            raise UsageError(f"{each}: sweep_resume= makes the runs as they were begun; only hydra/… can be added")
    record = _record(folder)
    saved = [str(each) for each in record["overrides"]["hydra"] if not re.match(_PLACES, str(each))]
    if any(re.match(r"\+*hydra/launcher=", each) for each in typed):
        saved = [each for each in saved if not re.match(r"\+*hydra[./]launcher[.=]", each)]
    told = [*record["overrides"]["task"], *saved, *typed, f"hydra.sweep.dir={quote(str(folder))}"]
    return [*told, f"hydra.sweeper._target_={_UNFINISHED}"] if record["sweeper"]["_target_"] in _GRIDS else told


def own_config_dir(folder: Path) -> str | None:
    """The config folder of the user's own that a sweep was started with."""
    sources = _record(folder)["runtime"]["config_sources"]
    return next((source["path"] for source in sources if source["provider"] == "command-line"), None)


def remaining(jobs: Iterable[list[str]], folder: Path) -> list[list[str]]:
    """The overrides of the runs that are not done, each told to be made in the folder of its number.

    A run that was interrupted goes on from its last checkpoint, with the config that it was begun with; one that
    failed, or has no checkpoint, begins anew, with what conf/ says today.
    """
    every = list(jobs)
    numbers = [number for number in range(len(every)) if state(folder / str(number)) not in ("done", "pruned")]
    if numbers:
        print(f"{len(numbers)} of {len(every)} runs are to be made: {', '.join(map(str, numbers))}", flush=True)
    else:
        print(f"nothing is missing of {len(every)} runs", flush=True)
    return [[*every[number], *_how(folder / str(number))] for number in numbers]


def check_no_sweep(folder: Path) -> None:
    """Refuses a folder that holds another sweep, whose runs would be written over.

    Raises:
        UsageError: names the folder.
    """
    if (folder / "multirun.yaml").is_file():
        raise UsageError(
            f"{folder} already holds a sweep; go on by sweep_resume={folder}, or name another hydra.sweep.dir"
        )


def config_of(folder: Path) -> dict[str, Any]:
    """The config that the run in `folder` was begun with, told to go on from there."""
    saved: dict[str, Any] = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    return saved | {"resume": str(folder)}


def _how(run: Path) -> list[str]:
    there = f"hydra.sweep.subdir={run.name}"
    if state(run) == "unfinished" and checkpoint_of(run, "last") is not None and _is_whole(run / "config.yaml"):
        return [f"resume={quote(str(shortened(run.absolute())))}", there, "hydra.output_subdir=null"]
    begin_anew(run)
    return [there]


def _is_whole(config: Path) -> bool:
    """Whether a run can be made from its config.yaml; one that is damaged is begun anew."""
    try:
        saved = yaml.safe_load(config.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return False
    return isinstance(saved, dict) and {"name", "monitor", "trainer", "folds"} <= set(saved)


def _record(folder: Path) -> dict[str, Any]:
    """What Hydra notes of a sweep, in multirun.yaml."""
    path = folder / "multirun.yaml"
    if (folder / ".hydra").is_dir() and not path.is_file():
        raise UsageError(f"sweep_resume={folder}: this is one run, no sweep; go on with it by resume={folder}")
    if not path.is_file():
        raise UsageError(f"sweep_resume={folder}: no sweep lies here (no multirun.yaml); name a folder below sweeps/")
    try:
        record = yaml.safe_load(path.read_text(encoding="utf-8"))["hydra"]
        if record["sweep"]["subdir"] != "${hydra:job.num}":
            raise UsageError(f"sweep_resume={folder}: its runs are named by hydra.sweep.subdir and not numbered")
        assert record["overrides"] and record["sweeper"] and record["runtime"]
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError, AssertionError):
        raise UsageError(f"{path}: not as Hydra wrote it; start the sweep anew") from None
    return record
