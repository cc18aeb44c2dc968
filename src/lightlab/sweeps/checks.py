"""Checks what -m sweeps over before the first job starts."""

import math
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from hydra.core.override_parser.types import ChoiceSweep, Glob, IntervalSweep, Override, RangeSweep

from lightlab.config.composition import Groups, composed
from lightlab.config.grammar import parsed
from lightlab.config.rules import Whole
from lightlab.errors import UsageError
from lightlab.sweeps.pairs import axes, zipped_keys
from lightlab.sweeps.resume import check_no_sweep

MOST_RUNS = 10_000
MOST_VALUES = 1_000_000  # of a range that is searched
JOBS = Whole(1, 256, also=(-1,))  # at a time; joblib starts as many processes at once


def preset(typed: Sequence[str], multirun: bool, groups: Groups) -> list[str]:
    """Returns what the chosen experiment sweeps, except for the keys that are typed.

    Hydra's own `hydra.sweeper.params` would be multiplied by what is typed for the same key, not replaced.

    Raises:
        UsageError: several experiments of which one is a sweep, or a sweep without -m.
    """
    overrides = {override.key_or_group: override for override in parsed(typed)}
    experiment = overrides.get("experiment")
    if experiment is None or experiment.is_delete():
        return []
    sweeps = {name: composed([name], groups)["sweep"] for name in _values(experiment, multirun, False, groups)}
    if len(sweeps) > 1 and any(sweeps.values()):
        raise UsageError(f"{experiment.input_line}: each is a sweep of its own; name one")
    name, swept = next(iter(sweeps.items()))
    missing = {key: values for key, values in swept.items() if key not in overrides}
    if missing and not multirun and "explain=true" not in typed:
        raise UsageError(f"{name} sweeps {', '.join(missing)}: add -m, or name one value of each")
    return [f"{key}={values}" for key, values in missing.items()] if multirun else []


def jobs(typed: Sequence[str], multirun: bool, groups: Groups) -> Iterator[list[str]]:
    """Yields jobs that together have every swept value: each one beside the first value of every other key.

    For a search, only the bounds of each range are tried.

    Raises:
        UsageError: several values without -m, a range without values, or too many values.
    """
    overrides = parsed(typed)
    sweepers = {override.value() for override in overrides if override.key_or_group == "hydra/sweeper"}
    searching = not sweepers <= {"basic", "grid"}
    if multirun:
        given = {override.key_or_group: override.value() for override in overrides if not override.is_delete()}
        check_size(overrides, searching, zipped_keys(given.get("hydra.sweeper.zip")))
    values = [list(_values(override, multirun, searching, groups)) for override in overrides]
    first = [texts[0] for texts in values]
    yield first
    for index, texts in enumerate(values):
        for text in texts[1:]:
            yield [*first[:index], text, *first[index + 1 :]]


def check_swept_once(typed: Sequence[str]) -> None:
    """Refuses a swept key that is given twice: Hydra would take the last and not sweep over the first."""
    overrides = parsed(typed)
    keys = [override.key_or_group for override in overrides]
    for override in overrides:
        if override.is_sweep_override() and keys.count(override.key_or_group) > 1:
            raise UsageError(f"{override.input_line}: {override.key_or_group} is given once more; name it once")


def check_size(overrides: Iterable[Override], searching: bool = False, zipped: Sequence[Sequence[str]] = ()) -> None:
    """Refuses more runs, or for a search more values of a key, than a sweep may have, before they are listed.

    Args:
        searching: whether a search chooses among the values.
        zipped: keys whose values go together, as `zipped_keys` returns them; other numbers of values are refused.
    """
    overrides = list(overrides)
    counts = {override.key_or_group: _count(override) for override in overrides if override.is_sweep_override()}
    independent = axes(counts, zipped)
    swept = {override.input_line: _count(override) for override in overrides if override.is_sweep_override()}
    for line, count in swept.items():
        if searching and count > MOST_VALUES:
            raise UsageError(f"{line}: {count:.10g} values, at most {MOST_VALUES}; write int(interval(low,high))")
    if not searching and (runs := math.prod(counts[keys[0]] for keys in independent)) > MOST_RUNS:
        raise UsageError(f"{' '.join(map(str, swept))}: {runs:.10g} runs; a sweep has at most {MOST_RUNS}")


def _count(override: Override) -> int:
    """Returns how many values a key has; 1 for those that are not counted before they are listed."""
    value = override.value()
    if isinstance(value, ChoiceSweep):
        return len(value.list)
    if not isinstance(value, RangeSweep):
        return 1
    start, stop, step = value.start, value.stop, value.step
    if start is None or stop is None or step == 0 or not all(abs(end) < 1e15 for end in (start, stop, step)):
        raise UsageError(
            f"{override.input_line}: a range goes from a number to another, both below 1e15, by steps other than 0"
        )
    return max(0, math.ceil(min((stop - start) / step, 1e300)))


def check_launcher(overrides: Iterable[Override]) -> None:
    """Refuses an impossible number of parallel jobs, Slurm where there is none, and what replaces a whole group."""
    for override in overrides:
        key, value = override.key_or_group, override.value()
        if match := re.fullmatch(r"hydra\.(sweeper|launcher|sweep)(\._target_)?", key):
            instead = "hydra.sweep.dir=FOLDER" if match[1] == "sweep" else f"hydra/{match[1]}=NAME"
            raise UsageError(f"{override.input_line}: cannot be set as a whole; write {instead}")
        if key == "hydra.launcher.n_jobs" and not JOBS.takes(value):
            raise UsageError(f"{override.input_line}: must be {JOBS} for all cores")
        if key == "hydra/launcher" and value in ("slurm", "submitit_slurm") and not shutil.which("srun"):
            raise UsageError(
                f"{override.input_line}: this machine is on no Slurm cluster (no srun); use hydra/launcher=joblib"
            )


def check_folders(overrides: dict[str, Override]) -> None:
    """Refuses one folder for all runs, and a folder that holds another sweep.

    Args:
        overrides: by key.
    """
    subdir, folder = overrides.get("hydra.sweep.subdir"), overrides.get("hydra.sweep.dir")
    if subdir is not None and "${" not in str(subdir.value()):
        raise UsageError(f"{subdir.input_line}: every run needs a folder of its own; leave it out")
    if folder is not None and not any(key.startswith(("hydra/sweeper", "hydra.sweeper")) for key in overrides):
        check_no_sweep(Path(str(folder.value())))


def _values(override: Override, multirun: bool, searching: bool, groups: Groups) -> Iterator[str]:
    """Yields ``key=value`` for each value of a sweep, or for the bounds of a range that is searched."""
    if not override.is_sweep_override():
        yield override.input_line or ""
        return
    line, value = override.input_line, override.value()
    if not multirun:
        raise UsageError(f"{line}: several values; add -m to run one after the other")
    if isinstance(value, IntervalSweep) and not searching:
        raise UsageError(
            f"{line}: a range without steps; list the values, use range(start,stop,step), or search it with "
            "hydra/sweeper=optuna"
        )
    if isinstance(value, Glob):
        texts = value.filter(groups.choices.get(override.key_or_group, []))
    elif isinstance(value, IntervalSweep):
        texts = [str(value.start), str(value.end)]
    else:
        texts = list(override.sweep_string_iterator())
    if not texts:
        raise UsageError(f"{line}: a range without any value")
    if len(texts) > MOST_RUNS and not searching:
        raise UsageError(f"{line}: {len(texts)} values; a sweep takes at most {MOST_RUNS} of a key")
    bounds = [texts[0], texts[-1]] if searching and override.is_range_sweep() else texts
    yield from (f"{override.get_key_element()}={text}" for text in bounds)
