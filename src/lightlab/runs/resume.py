"""Resumes a run: merges its saved config with new overrides and reports changes in conf/."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml

from lightlab.config.composition import ABSENT, Config, flatten, unflatten
from lightlab.config.grammar import quote
from lightlab.errors import UsageError
from lightlab.runs.overrides import resume_records

Kind = TypeVar("Kind", dict[str, Any], list[Any])


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

    @contextmanager
    def recorded(self) -> Iterator[None]:
        """Keeps the overrides beside those of the first start, as .hydra/resume-<n>.yaml, unless they are refused."""
        print(f"going on with {self.folder}", flush=True)
        for line in self.conf_changes:
            print(f"! conf/ has changed since: {line}; the run keeps its own value", file=sys.stderr)
        path = self.folder / ".hydra" / f"resume-{len(resume_records(self.folder)) + 1}.yaml"
        path.write_text(yaml.safe_dump(self.overrides, allow_unicode=True), encoding="utf-8")
        try:
            yield
        except UsageError:
            path.unlink()
            raise


def read_record(path: Path, kind: type[Kind]) -> Kind:
    """Reads a YAML file of a run's record.

    Raises:
        UsageError: it is missing, damaged, or holds something else than a `kind`.
    """
    try:
        contents = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        contents = None
    if not isinstance(contents, kind):
        raise UsageError(
            f"{path}: damaged; expected a YAML {'list' if kind is list else 'mapping'}; start a new run with init_from="
        )
    return contents


def config_dir(folder: Path) -> str | None:
    """Returns the user's own config folder that a run was started with."""
    record = folder / ".hydra" / "hydra.yaml"
    return command_line_source(read_record(record, dict).get("hydra")) if record.is_file() else None


def command_line_source(hydra: Any) -> str | None:
    """Returns the folder of ``--config-dir`` that a record of Hydra's config names."""
    try:
        sources = {source["provider"]: source["path"] for source in hydra["runtime"]["config_sources"]}
    except (KeyError, TypeError):
        return None
    return sources.get("command-line")


def merge_saved(folder: Path, then: Config, now: Config, overrides: list[str], typed: Sequence[str] = ()) -> Resumed:
    """Merges three ways: the saved config, with whatever differs between `then` and `now` taken from `now`.

    Args:
        then: composed today from the overrides that the run was started with.
        now: composed today from those and the new ones.
        typed: keys that are overridden now; they win even where they repeat what conf/ says.
    """
    saved = flatten(read_record(folder / "config.yaml", dict))
    flat_then, flat_now = flatten(then), flatten(now)
    merged = dict(saved)
    for key in {**flat_then, **flat_now}:
        is_typed = any(f"{'.'.join(key)}.".startswith(f"{name}.") for name in typed)
        if is_typed or _differ(flat_now.get(key, ABSENT), flat_then.get(key, ABSENT)):
            merged[key] = flat_now.get(key, ABSENT)
    merged[("resume",)] = str(folder)
    changes = [
        f"{'.'.join(key)} was {saved.get(key, 'absent')}, is now {flat_then.get(key, 'absent')}"
        for key in sorted(saved.keys() | flat_then.keys())
        if key != ("resume",) and saved.get(key, ABSENT) != flat_then.get(key, ABSENT)
    ]
    places = [f"hydra.run.dir={quote(str(folder))}", "hydra.output_subdir=null"]
    return Resumed(folder, unflatten(merged), [*overrides, *places], changes)


def _differ(now: Any, then: Any) -> bool:
    """1 and 1.0 differ: one batch, and all of them."""
    return now != then or type(now) is not type(then)
