"""What a run was told on its command line, and the command that tells it again."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from lightlab.runs.resume import last_overrides

# What says how a run is kept or shown, or how often it is repeated, not what it is.
_NOT_THE_RUN = re.compile(r"(seed|folds|fold_repeats|resume|sweep_resume|cache_dir|language|explain|hydra\b.*)$")


def read_overrides(folder: Path) -> list[str]:
    """``optimizer=adam`` and so on, of the run's last start; none where the record is missing or damaged."""
    try:
        told: Any = yaml.safe_load(last_overrides(folder).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return []
    texts = map(str, told if isinstance(told, list) else [])
    return [each for each in texts if not re.match(r"\+*(resume|hydra\.[^=]*)=", each)]


def values(told: Iterable[str]) -> dict[str, str]:
    """The last value of each key, its quotes taken off; that of ``~key`` is empty."""
    pairs = (each.partition("=") for each in told)
    return {key.lstrip("+"): unquoted(value) for key, _, value in pairs}


def makes_a_difference(key: str) -> bool:
    """Whether runs that differ in this key are different configurations."""
    return not _NOT_THE_RUN.match(key)


def command(told: Iterable[str], seeds: Iterable[str], config_dir: str | None = None) -> str:
    """The shell's command that runs it again with each of `seeds`; several of them are a sweep."""
    seeds = [each for each in seeds if each]
    kept = [each for each in told if each.lstrip("+").partition("=")[0] != "seed"]
    kept += [f"seed={','.join(seeds)}"] if seeds else []
    own = ["--config-dir", config_dir] if config_dir else []
    return shlex.join(["python", "train.py", *(["-m"] if len(seeds) > 1 else []), *own, *kept])


def same(value: str) -> str:
    """What equal values share: ``0.1``, ``1e-1`` and ``.10`` are one number."""
    try:
        return repr(float(value))
    except ValueError:
        return value


def unquoted(value: str) -> str:
    """A value without the quotes that Hydra's grammar asks for."""
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1].replace(f"\\{value[0]}", value[0])
    return value
