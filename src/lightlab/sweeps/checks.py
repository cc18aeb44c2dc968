"""Checks what -m sweeps over before the first job starts."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from hydra.core.override_parser.types import Glob, IntervalSweep, Override

from lightlab.config.composition import Groups, composed
from lightlab.config.grammar import parsed
from lightlab.errors import UsageError
from lightlab.sweeps.resume import check_no_sweep

_MOST_VALUES = 10_000


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
        UsageError: several values without -m, or a range without values.
    """
    overrides = parsed(typed)
    sweepers = {override.value() for override in overrides if override.key_or_group == "hydra/sweeper"}
    searching = not sweepers <= {"basic", "grid"}
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


def check_launcher(overrides: Iterable[Override]) -> None:
    """Refuses an impossible number of parallel jobs."""
    for override in overrides:
        if override.key_or_group == "hydra.launcher.n_jobs":
            count = override.value()
            if not isinstance(count, int) or isinstance(count, bool) or count == 0 or count < -1:
                raise UsageError(f"{override.input_line}: must be a whole number of at least 1, or -1 for all cores")


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
    if len(texts) > _MOST_VALUES and not searching:
        raise UsageError(f"{line}: {len(texts)} values; a sweep takes at most {_MOST_VALUES} of a key")
    bounds = [texts[0], texts[-1]] if searching and override.is_range_sweep() else texts
    yield from (f"{override.get_key_element()}={text}" for text in bounds)
