"""Going on with a run: what its folder saved, what has been typed now, and what conf/ has become since."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lightlab.config.composition import _ABSENT, Config, flatten, quote, unflatten
from lightlab.errors import UsageError


@dataclass(frozen=True)
class Resumed:
    """A run that goes on.

    Attributes:
        folder: of the run.
        config: what it goes on with: the saved one, changed by what has been typed now.
        overrides: all of them, old and new, with Hydra told to write into `folder` and to keep its record.
        conf_changes: one line for each value that conf/ gives differently from when the run was started.
    """

    folder: Path
    config: Config
    overrides: list[str]
    conf_changes: list[str]

    @contextmanager
    def recorded(self) -> Iterator[None]:
        """Keeps this resume's overrides beside the first start's, as .hydra/resume-<n>.yaml, unless it is refused."""
        self._say()
        record = self.folder / ".hydra"
        number = len(_resumes(self.folder)) + 1
        path = record / f"resume-{number}.yaml"
        path.write_text(yaml.safe_dump(self.overrides, allow_unicode=True), encoding="utf-8")
        try:
            yield
        except UsageError:
            path.unlink()
            raise

    def _say(self) -> None:
        print(f"going on with {self.folder}", flush=True)
        for line in self.conf_changes:
            print(f"! conf/ has changed since: {line}; the run keeps its own value", file=sys.stderr)


def last_overrides(folder: Path) -> Path:
    """Where the overrides of a run's last start are kept."""
    return (_resumes(folder) or [folder / ".hydra" / "overrides.yaml"])[-1]


def config_dir(folder: Path) -> str | None:
    """The config folder of the user's own that a run was started with."""
    record = folder / ".hydra" / "hydra.yaml"
    if not record.is_file():
        return None
    sources = yaml.safe_load(record.read_text(encoding="utf-8"))["hydra"]["runtime"]["config_sources"]
    return next((source["path"] for source in sources if source["provider"] == "command-line"), None)


def _resumes(folder: Path) -> list[Path]:
    return sorted((folder / ".hydra").glob("resume-*.yaml"), key=lambda path: int(path.stem.partition("-")[2]))


def merge_saved(folder: Path, then: Config, now: Config, overrides: list[str], typed: Sequence[str] = ()) -> Resumed:
    """Merges three ways: the saved config, with whatever differs between `then` and `now` taken from `now`.

    Args:
        then: composed today from the overrides that the run was started with.
        now: composed today from those and the new ones.
        typed: names of what is overridden now, which wins also where it says what conf/ says.
    """
    saved: Config = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    flat_saved, flat_then, flat_now = flatten(saved), flatten(then), flatten(now)
    merged = dict(flat_saved)
    for key in {**flat_then, **flat_now}:
        is_typed = any(f"{'.'.join(key)}.".startswith(f"{name}.") for name in typed)
        if is_typed or _differ(flat_now.get(key, _ABSENT), flat_then.get(key, _ABSENT)):
            merged[key] = flat_now.get(key, _ABSENT)
    merged[("resume",)] = str(folder)
    changes = [
        f"{'.'.join(key)} was {flat_saved.get(key, 'absent')}, is now {flat_then.get(key, 'absent')}"
        for key in sorted(flat_saved.keys() | flat_then.keys())
        if key != ("resume",) and flat_saved.get(key, _ABSENT) != flat_then.get(key, _ABSENT)
    ]
    told = [*overrides, f"hydra.run.dir={quote(str(folder))}", "hydra.output_subdir=null"]
    return Resumed(folder, unflatten(merged), told, changes)


def _differ(now: Any, then: Any) -> bool:
    """1 and 1.0 differ: one batch, and all of them."""
    return now != then or type(now) is not type(then)
