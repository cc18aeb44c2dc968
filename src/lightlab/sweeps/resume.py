"""Resumes a sweep: reads its record and lists the jobs to run."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lightlab.config.composition import Config
from lightlab.config.grammar import parsed, quote
from lightlab.config.schema import check
from lightlab.errors import DataError, UsageError
from lightlab.runs.folder import checkpoint_of, set_aside, state
from lightlab.runs.lock import one_writer
from lightlab.runs.places import relative_to_cwd
from lightlab.runs.recorded import TODAYS, checked_overrides
from lightlab.runs.records import read_yaml
from lightlab.runs.resume import read_record, with_todays
from lightlab.runs.trust import Targets, allowed, check_run_trusted

_GRID = "hydra_plugins.lightlab_sweepers.GridSweeper"
_ADDED = re.compile(
    rf"\+*(hydra[./]|({'|'.join(map(re.escape, TODAYS))})[.=])"
)  # what can be typed beside sweep_resume=


def saved_arguments(folder: Path, typed: Sequence[str], own: Targets) -> list[str]:
    """Returns the overrides that a sweep was started with, and those that make Hydra run what is missing.

    A search is started as before: the study stores the finished trials.

    Args:
        typed: Hydra's own overrides, which replace the saved ones, such as ``hydra/launcher=joblib``, and `TODAYS`.
        own: targets that the user's own config folders name, by group.

    Raises:
        UsageError: the folder holds no sweep, or `typed` overrides something else.
        DataError: the sweep, or a run of it that would go on, names what is not trusted.
    """
    for override in typed:
        if not _ADDED.match(override):
            raise UsageError(f"{override}: sweep_resume= keeps the sweep's settings; only hydra/… can be added")
    record, path = _record(folder), folder / "multirun.yaml"
    typed_overrides = parsed(typed)
    allow = allowed(typed_overrides)
    saved = record["overrides"]["hydra"]
    if any(re.match(r"\+*hydra/launcher=", override) for override in typed):
        saved = [override for override in saved if not re.match(r"\+*hydra[./]launcher[.=]", override)]
    saved = checked_overrides([*record["overrides"]["task"], *saved], path, typed_overrides, own, allow)
    for run in sorted(path for path in folder.glob("[0-9]*") if _goes_on(path)):
        _check(run / "config.yaml", read_record(run / "config.yaml", dict), allow, own, may_lack_keys=True)
    overrides = [*saved, *typed, f"hydra.sweep.dir={quote(str(folder))}"]
    is_grid = record["sweeper"]["_target_"] == _GRID
    return [*overrides, "hydra.sweeper.unfinished=true"] if is_grid else overrides


def remaining(jobs: list[list[str]], folder: Path) -> list[list[str]]:
    """Returns the overrides of the runs that are not done, each with the folder of its number.

    A run with a readable checkpoint goes on from there, with the config that it was begun with, even if it failed: what
    it holds is worth more than a fresh start. One without begins anew, with what conf/ says today.
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


def check_numbered(folder: Path) -> None:
    """Refuses a sweep's folder in which a run's place is taken by a file or a link: nothing is written through it."""
    for path in folder.glob("[0-9]*"):
        if path.name.isdecimal() and (path.is_symlink() or not path.is_dir()):
            kind = "a link" if path.is_symlink() else "a file"
            raise UsageError(f"{path}: {kind}, where a folder of run {path.name} should be; move it away")


def config_of(folder: Path, today: Config, own: Targets) -> Config:
    """Returns the config that the run in `folder` was begun with, to go on from there.

    Args:
        today: the config of its job as it is composed now; of it, the keys of `TODAYS` are taken.
        own: targets that the user's own config folders name, by group.

    Raises:
        UsageError: it has a key or a value that is not allowed.
        DataError: it names what is not trusted.
    """
    path = folder / "config.yaml"
    config = with_todays(read_record(path, dict), today) | {"resume": str(folder)}
    _check(path, config, today["allow"], own)
    return config


def _check(path: Path, config: Config, allow: Sequence[str], own: Targets, may_lack_keys: bool = False) -> None:
    check_run_trusted(config, allow, str(path), own)
    try:
        check(config, may_lack_keys)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None


def _place(run: Path) -> list[str]:
    subdir = f"hydra.sweep.subdir={run.name}"
    if _goes_on(run):
        return [f"resume={quote(str(relative_to_cwd(run.absolute())))}", subdir, "hydra.output_subdir=null"]
    with one_writer(run):
        set_aside(run)
    return [subdir]


def _goes_on(run: Path) -> bool:
    """Whether a run that is not done has a checkpoint to go on from, and the config that it was begun with."""
    return state(run) not in ("done", "pruned") and checkpoint_of(run, "last") is not None and _has_config(run)


def _has_config(run: Path) -> bool:
    try:
        return {"name", "monitor", "trainer", "folds"} <= set(read_record(run / "config.yaml", dict))
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
        record: dict[str, Any] = read_yaml(path, dict)["hydra"]
        if record["sweep"]["subdir"] != "${hydra:job.num}":
            raise UsageError(f"sweep_resume={folder}: its runs are named by hydra.sweep.subdir and not numbered")
        overrides = record["overrides"]
        for kind in ("task", "hydra"):  # texts alone: aliases in YAML can stand for more than fits into memory
            assert isinstance(overrides[kind], list) and all(isinstance(text, str) for text in overrides[kind])
        assert record["sweeper"]["_target_"] and record["runtime"]
    except (DataError, KeyError, TypeError, AssertionError):
        raise UsageError(f"{path}: not as Hydra wrote it; start the sweep anew") from None
    return record
