"""Resumes a sweep: reads its record and lists the jobs to run."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from lightlab.config.grammar import quote
from lightlab.errors import UsageError
from lightlab.runs.folder import checkpoint_of, relative_to_cwd, remove_old_files, state
from lightlab.runs.resume import command_line_source, read_record

_GRID = "hydra_plugins.lightlab_sweepers.GridSweeper"
_PLACES = r"hydra\.(mode|sweep\.dir|run\.dir|sweeper\.unfinished)="


def saved_arguments(folder: Path, typed: Sequence[str]) -> list[str]:
    """Returns the overrides that a sweep was started with, and those that make Hydra run what is missing.

    A search is started as before: the study stores the finished trials.

    Args:
        typed: Hydra's own overrides, which replace the saved ones, such as ``hydra/launcher=joblib``.

    Raises:
        UsageError: the folder holds no sweep, or `typed` overrides something else than Hydra's own.
    """
    for override in typed:
        if not re.match(r"\+*hydra[./]", override):
            raise UsageError(f"{override}: sweep_resume= keeps the sweep's settings; only hydra/… can be added")
    record = _record(folder)
    saved = [str(override) for override in record["overrides"]["hydra"] if not re.match(_PLACES, str(override))]
    if any(re.match(r"\+*hydra/launcher=", override) for override in typed):
        saved = [override for override in saved if not re.match(r"\+*hydra[./]launcher[.=]", override)]
    overrides = [*record["overrides"]["task"], *saved, *typed, f"hydra.sweep.dir={quote(str(folder))}"]
    is_grid = record["sweeper"]["_target_"] == _GRID
    return [*overrides, "hydra.sweeper.unfinished=true"] if is_grid else overrides


def own_config_dir(folder: Path) -> str | None:
    """Returns the user's own config folder that a sweep was started with."""
    return command_line_source(_record(folder))


def remaining(jobs: list[list[str]], folder: Path) -> list[list[str]]:
    """Returns the overrides of the runs that are not done, each with the folder of its number.

    A run that was interrupted goes on from its last checkpoint, with the config that it was begun with; one that
    failed, or has no checkpoint, begins anew, with what conf/ says today.
    """
    numbers = [number for number in range(len(jobs)) if state(folder / str(number)) not in ("done", "pruned")]
    if numbers:
        print(f"running {len(numbers)} of {len(jobs)} runs: {', '.join(map(str, numbers))}", flush=True)
    else:
        print(f"all {len(jobs)} runs are complete", flush=True)
    return [[*jobs[number], *_place(folder / str(number))] for number in numbers]


def check_no_sweep(folder: Path) -> None:
    """Refuses a folder that holds another sweep, whose runs would be overwritten."""
    if (folder / "multirun.yaml").is_file():
        raise UsageError(
            f"{folder} already holds a sweep; go on by sweep_resume={folder}, or name another hydra.sweep.dir"
        )


def config_of(folder: Path) -> dict[str, Any]:
    """Returns the config that the run in `folder` was begun with, to go on from there."""
    return read_record(folder / "config.yaml", dict) | {"resume": str(folder)}


def _place(run: Path) -> list[str]:
    subdir = f"hydra.sweep.subdir={run.name}"
    if state(run) == "unfinished" and checkpoint_of(run, "last") is not None and _has_config(run):
        return [f"resume={quote(str(relative_to_cwd(run.absolute())))}", subdir, "hydra.output_subdir=null"]
    remove_old_files(run)
    return [subdir]


def _has_config(run: Path) -> bool:
    try:
        return {"name", "monitor", "trainer", "folds"} <= set(config_of(run))
    except UsageError:
        return False


def _record(folder: Path) -> dict[str, Any]:
    """Reads Hydra's record of a sweep, multirun.yaml."""
    path = folder / "multirun.yaml"
    if not path.is_file():
        if (folder / ".hydra").is_dir():
            raise UsageError(f"sweep_resume={folder}: this is one run, no sweep; go on with it by resume={folder}")
        raise UsageError(f"sweep_resume={folder}: no sweep lies here (no multirun.yaml); name a folder below sweeps/")
    try:
        record: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["hydra"]
        if record["sweep"]["subdir"] != "${hydra:job.num}":
            raise UsageError(f"sweep_resume={folder}: its runs are named by hydra.sweep.subdir and not numbered")
        overrides = record["overrides"]
        assert isinstance(overrides["task"], list) and isinstance(overrides["hydra"], list)
        assert record["sweeper"]["_target_"] and record["runtime"]
    except (OSError, ValueError, RecursionError, yaml.YAMLError, KeyError, TypeError, AssertionError):
        raise UsageError(f"{path}: not as Hydra wrote it; start the sweep anew") from None
    return record
