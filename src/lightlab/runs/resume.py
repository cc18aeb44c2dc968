"""Resumes a run: merges its saved config with new overrides and reports changes in conf/.

What is saved is checked before it is used: targets by `lightlab.runs.trust`, overrides by `lightlab.runs.recorded`.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lightlab.config.composition import ABSENT, Config, flatten, unflatten
from lightlab.config.grammar import quote
from lightlab.config.keys import TOP
from lightlab.config.schema import CLOSED
from lightlab.errors import DataError, LightlabError, UsageError
from lightlab.runs.overrides import resume_records
from lightlab.runs.recorded import TODAYS
from lightlab.runs.records import Kind, read_yaml, write_yaml

Key = tuple[str, ...]


@dataclass(frozen=True)
class Resumed:
    """A run that goes on.

    Attributes:
        folder: of the run.
        config: the saved config, changed by what is typed now.
        overrides: old and new ones, and those that make Hydra write into `folder` and keep its record.
        conf_changes: one line for each value that conf/ gives differently from when the run was started.
    """

    folder: Path
    config: Config
    overrides: list[str]
    conf_changes: list[str]

    def announce(self) -> None:
        """Prints that the run goes on, and what has changed in conf/."""
        print(f"going on with {self.folder}", flush=True)
        for line in self.conf_changes:
            print(f"! conf/ has changed since: {line}; the run keeps its own value", file=sys.stderr)

    def record(self) -> None:
        """Keeps the overrides beside those of the first start, as .hydra/resume-<n>.yaml."""
        path = self.folder / ".hydra" / f"resume-{len(resume_records(self.folder)) + 1}.yaml"
        write_yaml(path, self.overrides)


def read_record(path: Path, kind: type[Kind]) -> Kind:
    """Reads a YAML file of a run's record.

    Raises:
        UsageError: it is missing, damaged, or holds something else than a `kind`.
    """
    try:
        return read_yaml(path, kind)
    except DataError as error:
        raise UsageError(f"{error}; start a new run with init_from=") from None


@contextmanager
def naming_config_dir(folder: Path, config_dir: str | None) -> Iterator[None]:
    """Appends to an error that a run or a sweep was started with a ``--config-dir`` which is not given now.

    The recorded one is not used by itself: its files would choose what is built.
    """
    try:
        yield
    except LightlabError as error:
        if config_dir or not (recorded := _recorded_config_dir(folder)):
            raise
        advice = f"it was started with --config-dir {recorded}: give that again to trust it"
        raise type(error)(f"{error}; {advice}") from error


def _recorded_config_dir(folder: Path) -> str | None:
    for path in (folder / ".hydra" / "hydra.yaml", folder / "multirun.yaml"):
        with suppress(UsageError, KeyError, TypeError):
            return _config_sources(read_record(path, dict)["hydra"]).get("command-line")
    return None


def config_folders(hydra: Any) -> list[Path]:
    """Returns the folders that a config of Hydra's was composed from: conf/, and the ``--config-dir``."""
    sources = _config_sources(hydra)
    return [Path(sources[name]) for name in ("main", "command-line") if name in sources]


def _config_sources(hydra: Any) -> dict[str, str]:
    return {str(source["provider"]): str(source["path"]) for source in hydra["runtime"]["config_sources"]}


def merge_saved(folder: Path, then: Config, now: Config, overrides: list[str], typed: Sequence[str] = ()) -> Resumed:
    """Merges three ways: the saved config, with whatever differs between `then` and `now` taken from `now`.

    A key that was declared after the run was started has the value that conf/ gives it.

    The keys of `TODAYS` are those of `now`: a folder chooses neither what is downloaded nor where this machine writes.

    Args:
        then: composed today from the overrides that the run was started with.
        now: composed today from those and the new ones.
        typed: keys that are overridden now; they win even where they repeat what conf/ says.
    """
    saved = flatten(read_record(folder / "config.yaml", dict))
    flat_then, flat_now = flatten(then), flatten(now)
    merged = _newer(saved, flat_then) | {key: value for key, value in saved.items() if not _is_todays(key)}
    for key in {**flat_then, **flat_now}:
        is_typed = any(f"{'.'.join(key)}.".startswith(f"{name}.") for name in typed)
        if is_typed or _is_todays(key) or _differ(flat_now.get(key, ABSENT), flat_then.get(key, ABSENT)):
            merged[key] = flat_now.get(key, ABSENT)
    merged[("resume",)] = str(folder)
    changes = [
        f"{'.'.join(key)} was {saved.get(key, 'absent')}, is now {flat_then.get(key, 'absent')}"
        for key in sorted(saved.keys() | flat_then.keys())
        if key != ("resume",) and not _is_todays(key) and saved.get(key, ABSENT) != flat_then.get(key, ABSENT)
    ]
    places = [f"hydra.run.dir={quote(str(folder))}", "hydra.output_subdir=null"]
    return Resumed(folder, unflatten(merged), [*overrides, *places], changes)


def with_todays(saved: Config, now: Config) -> Config:
    """Returns the saved config with the keys of `TODAYS`, and those declared since it was saved, from `now`."""
    kept = {key: value for key, value in flatten(saved).items() if not _is_todays(key)}
    current = flatten(now)
    return unflatten(_newer(kept, current) | kept | {key: current[key] for key in current if _is_todays(key)})


def _newer(saved: Mapping[Key, Any], current: Mapping[Key, Any]) -> dict[Key, Any]:
    """Returns the keys that every config has and the saved one, made by an older version, lacks."""
    sections = {key[0] for key in saved}
    return {
        key: value
        for key, value in current.items()
        if key not in saved and (key[0] in CLOSED if key[0] in sections else key[0] in TOP)
    }


def _is_todays(key: tuple[str, ...]) -> bool:
    return any(f"{'.'.join(key)}.".startswith(f"{name}.") for name in TODAYS)


def _differ(now: Any, then: Any) -> bool:
    """1 and 1.0 differ: one batch, and all of them."""
    return now != then or type(now) is not type(then)
