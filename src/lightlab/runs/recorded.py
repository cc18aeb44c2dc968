"""The overrides that a run's or a sweep's folder records: which of them are taken on a resume."""

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hydra.core.override_parser.types import ChoiceSweep, Glob, IntervalSweep, Override, OverrideType, RangeSweep

from lightlab.config.composition import unflatten
from lightlab.config.grammar import parsed
from lightlab.config.keys import TOP
from lightlab.errors import DataError, UsageError, one_line
from lightlab.runs.trust import Targets, check_trusted

# Hydra's values that a folder may set, and what they must match; a folder writes where it lies, so its places go.
_WORD, _NUMBER, _SWITCH = r"[\w.-]+", r"-?\d+(\.\d*)?([eE][-+]?\d+)?", "True|False"
_HYDRA = {
    r"hydra/(launcher|sweeper|sweeper/(sampler|pruner))": _WORD,
    r"hydra\.launcher\.(n_jobs|timeout_min|cpus_per_task|gpus_per_node|mem_gb|array_parallelism|signal_delay_s)": (
        f"{_NUMBER}|None"
    ),
    r"hydra\.launcher\.(partition|account|qos)": _WORD,
    r"hydra\.sweeper\.(n_trials|n_jobs|timeout|seed|max_batch_size)": f"{_NUMBER}|None",
    r"hydra\.sweeper\.study_name": _WORD,
    r"hydra\.sweeper\.stop_on_failure": _SWITCH,
    r"hydra\.sweeper\.zip": r"[\w./]+",
    r"hydra\.sweeper\.(sampler|pruner)\.[a-z]\w*": f"{_NUMBER}|{_SWITCH}|None",
    r"hydra\.job\.(name|chdir)": _WORD,
    r"hydra\.verbose": _SWITCH,
}
_HYDRA_LEFT_OUT = r"hydra\.(mode|run\.dir|sweep\.(dir|subdir)|output_subdir|sweeper\.unfinished)"
_LEFT_OUT = r"resume|sweep_resume|allow"  # of another command line
CACHES = ("cache_dir", "data.cache_dir")
DOWNLOADS = tuple(f"data.{name}" for name in ("mirrors", "remote", "registry", "repository", "openml"))
# Options of loggers that name no place, which a folder may set.
_LOGGER = "project|experiment_name|name|run_name|group|tags|notes|job_type|prefix|offline|flush_logs_every_n_steps"
TODAYS = ("allow", "logger", *CACHES, *DOWNLOADS)  # keys whose values come from conf/ and the command line alone
_REFERENCE = r"\$\{\.*[\w.]+\}"  # to another key; `${name:…}` would call a resolver
_CHANGES = (OverrideType.CHANGE, OverrideType.ADD, OverrideType.FORCE_ADD)


def checked_overrides(
    recorded: Sequence[object], path: Path, typed: Sequence[Override], own: Targets, allow: Sequence[str]
) -> list[str]:
    """Returns the recorded overrides that only choose and set values.

    Hydra's own, those of `TODAYS` and those that would be refused are left out where their key is typed now.

    Args:
        path: of the record, for messages.
        typed: the overrides that are typed now.
        own: targets that the user's own config folders and command line name.
        allow: packages that the user trusts.

    Raises:
        DataError: one that calls a resolver, names a foreign target, or sets something else of Hydra's.
    """
    typed_keys = {override.key_or_group for override in typed}
    kept = []
    for text in recorded:
        try:
            override = parsed([str(text)])[0]
        except (UsageError, ValueError, RecursionError) as error:  # the latter two: numbers and lists without end
            raise DataError(f"{path}: {one_line(error, 300)}") from None
        key = override.key_or_group
        if re.fullmatch(rf"{_LEFT_OUT}|{_HYDRA_LEFT_OUT}", key):
            continue
        problem = next(_problems(override), None)
        if key in typed_keys and (problem or _is_hydras(key) or key in TODAYS):
            continue
        if key in CACHES and override.value() is None:
            continue
        if key in CACHES:
            print(
                f"! {path}: {one_line(UsageError(text), 160)} is left out, since a folder does not choose where this "
                "machine writes; give it again to use it",
                file=sys.stderr,
            )
            continue
        if problem is not None:
            raise DataError(
                f"{path}: {one_line(UsageError(text), 160)}: {problem}; refused (what is typed now is trusted)"
            )
        if not _is_hydras(key):
            _check_targets(override, path, own, allow)
        kept.append(str(text))
    return kept


def without_hydras(overrides: Sequence[str]) -> list[str]:
    """Leaves out Hydra's own."""
    return [override for override in overrides if not _is_hydras(override.lstrip("+~"))]


def _is_hydras(key: str) -> bool:
    return re.match(r"hydra\b", key) is not None


def _problems(override: Override) -> Iterator[str]:
    key = override.key_or_group
    values = [value for alternative in _alternatives(override) for value in _leaves(alternative)]
    if override.type not in (*_CHANGES, OverrideType.DEL) or override.package is not None:
        yield "a record holds KEY=VALUE and GROUP=CHOICE alone"
    elif _is_hydras(key):
        pattern = next((value for pattern, value in _HYDRA.items() if re.fullmatch(pattern, key)), None)
        if pattern is None or not all(re.fullmatch(pattern, str(value)) for value in values):
            yield "a folder does not set this value of Hydra's"
    elif any(f"{key}.".startswith(f"{name}.") for name in DOWNLOADS):
        yield "a folder does not choose what is downloaded"
    elif key.startswith("logger") and any(_names_a_place(key, value) for value in _alternatives(override)):
        yield "a folder does not choose where a logger writes"
    else:
        is_choice = "/" in key or ("." not in key and key not in TOP)
        for value in values:
            if value is not None and not isinstance(value, (bool, int, float, str)):
                yield f"holds a {type(value).__name__}"
            elif isinstance(value, str) and "${" in re.sub(_REFERENCE, "", value):
                yield "calls a resolver"
            elif isinstance(value, str) and is_choice and not re.fullmatch(r"[\w.-]*", value):
                yield f"{value} is not the name of a choice"


def _names_a_place(key: str, value: Any) -> bool:
    """Whether a logger's option could lead it to another folder or server."""
    if isinstance(value, dict):
        return any(_names_a_place(f"{key}.{name}", inner) for name, inner in value.items())
    option = key.split(".")[2:3]
    is_known = not option or option == ["_target_"] or re.fullmatch(_LOGGER, option[0]) is not None
    return not is_known or any(re.search(r"/|\\|\.\.", str(text)) for text in _leaves(value))


def _check_targets(override: Override, path: Path, own: Targets, allow: Sequence[str]) -> None:
    """Judges targets as those of the group that the override's key begins with."""
    key = tuple(override.key_or_group.split("."))
    for value in _alternatives(override):
        config = unflatten({key: value})
        if isinstance(config[key[0]], dict):
            check_trusted(_without_references(config), allow, str(path), key[:1], own)


def _alternatives(override: Override) -> list[Any]:
    """Returns the values that an override gives its key, without quotes; a range has none but numbers."""
    value = None if override.is_delete() else override.value()
    if isinstance(value, Glob):
        return [re.sub(r"[][*?!]", "", pattern) for pattern in (*value.include, *value.exclude)]
    if isinstance(value, ChoiceSweep):
        return [_unquoted(choice) for choice in value.list]
    return [None if isinstance(value, (RangeSweep, IntervalSweep)) else value]


def _unquoted(value: Any) -> Any:
    if isinstance(value, dict):
        return {_unquoted(key): _unquoted(inner) for key, inner in value.items()}
    return [_unquoted(inner) for inner in value] if isinstance(value, list) else getattr(value, "text", value)


def _leaves(node: Any) -> Iterator[Any]:
    """Yields the single values of a list or mapping, and the mapping's keys."""
    if isinstance(node, dict):
        for key, inner in node.items():
            yield str(key)
            yield from _leaves(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _leaves(inner)
    else:
        yield node


def _without_references(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: value if key == "_target_" else _without_references(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_without_references(value) for value in node]
    return re.sub(_REFERENCE, "", node) if isinstance(node, str) else node
