"""Checks a config before torch is imported, so that an error in it costs a second and not a run."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from lightlab.config.data_keys import DATA
from lightlab.config.keys import ACCELERATOR, CALLBACKS, MONITOR, TOP, Key
from lightlab.config.learning_keys import (
    ACTIVATION,
    GRADIENT,
    INITIALIZER,
    LAYERS,
    MODULE,
    NETWORK,
    OPTIMIZER,
    SCHEDULER,
)
from lightlab.config.parameter_groups import group_problems
from lightlab.config.rules import SWITCH, MappingOf, OneOf, Rule
from lightlab.config.trainer_keys import TRAINER, combinations, refused_keys
from lightlab.errors import UsageError, did_you_mean, shortened

CLOSED: dict[str, dict[str, Key]] = {"trainer": TRAINER, "monitor": MONITOR}  # sections that take no other keys
GROUPS: dict[str, dict[str, Key]] = {
    "module": MODULE,
    "data": DATA,
    "network": NETWORK,
    "layers": LAYERS,
    "activation": ACTIVATION,
    "optimizer": OPTIMIZER,
    "scheduler": SCHEDULER,
    "initializer": INITIALIZER,
    "gradient": GRADIENT,
    "accelerator": ACCELERATOR,
    "callbacks": CALLBACKS,
    "logger": {},
}
# Groups that may be null: a module which is not one of lightlab's may do without them.
OPTIONAL = ("network", "layers", "activation", "optimizer", "scheduler", "initializer", "gradient")

_SEVERAL = ("callbacks", "logger")
OF_HYDRA: dict[object, Rule] = {
    "_partial_": SWITCH,
    "_recursive_": SWITCH,
    "_convert_": OneOf(("none", "partial", "object", "all")),
}
_PATH = re.compile(r"\w+(\.\w+)+")


def check(config: dict[str, Any], may_lack_keys: bool = False) -> None:
    """Refuses keys that do not exist, that are missing, or whose value has the wrong type or range.

    Args:
        config: resolved, in plain containers.
        may_lack_keys: an older version may have saved the config, before some keys were declared.

    Raises:
        UsageError: the first of them, by its full name, with what was expected.
    """
    problem = next(_problems(config, may_lack_keys), None)
    if problem is not None:
        raise UsageError(problem)


def check_groups(config: dict[str, Any], groups: Iterable[str]) -> None:
    """Refuses groups that are missing, and declared keys in them whose value has the wrong type or range.

    Raises:
        UsageError: the first of them, by its full name, with what was expected.
    """
    for group in groups:
        if config.get(group) is None and group in OPTIONAL:
            continue
        if not isinstance(config.get(group), dict):
            raise UsageError(f"{group}: must be a group of keys")
        problem = next(_group_values(group, config[group]), None)
        if problem is not None:
            raise UsageError(problem)


def _problems(config: dict[str, Any], may_lack_keys: bool) -> Iterator[str]:
    yield from _names("", config, [*TOP, *CLOSED, *GROUPS], may_lack_keys)
    yield from _values("", config, TOP)
    for section, keys in CLOSED.items():
        if section == "trainer" and isinstance(config[section], dict):
            yield from refused_keys(config[section])
        yield from _names(f"{section}.", config[section], list(keys), may_lack_keys)
        yield from _values(f"{section}.", config[section], keys)
    for group in GROUPS:
        yield from _group_values(group, config[group])
        yield from _targets(group, config[group])
    yield from _combinations(config)


def _names(prefix: str, section: Any, known: list[str], may_lack_keys: bool) -> Iterator[str]:
    if not isinstance(section, dict):
        yield f"{prefix[:-1]}={section!r}: must be a group of keys"
        return
    for key in section:
        if key not in known:
            yield f"{prefix}{key}: no such key; {did_you_mean(str(key), known)}known are {', '.join(sorted(known))}"
    for key in known:
        if key not in section and not may_lack_keys:
            yield f"{prefix}{key}: missing"


def _group_values(group: str, section: Any) -> Iterator[str]:
    """Yields the errors in a group's declared keys; a class of the user's own has keys of its own."""
    target = section.get("_target_") if isinstance(section, dict) else None
    if target is None or str(target).startswith(("lightlab.", "torch.")):
        yield from _values(f"{group}.", section, GROUPS[group])


def _targets(group: str, section: Any) -> Iterator[str]:
    """Yields what names no class or function; callbacks and loggers are several, each with a name."""
    if section is None and group in OPTIONAL:
        return
    parts = section if group in _SEVERAL and isinstance(section, dict) else {"": section}
    for name, part in parts.items():
        key = f"{group}.{name}".rstrip(".")
        if isinstance(part, dict) and "_target_" not in part:
            yield f"{key}._target_: missing; give the dotted path of a class or function"
        elif not isinstance(part, dict) and not (part is None and group == "callbacks" and name):
            yield f"{key}={shortened(part)}: must be a group of keys{f'; ~{key} leaves it out' if name else ''}"
    yield from _hydras_own(group, section)


def _hydras_own(name: str, value: Any) -> Iterator[str]:
    """Yields wrong values of ``_target_`` and the like, at any depth."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        if key == "_target_" and not _PATH.fullmatch(str(inner)):
            yield f"{name}._target_={shortened(inner)}: must be the dotted path of a class or function"
        elif key in OF_HYDRA:
            yield from _value(f"{name}.{key}", inner, OF_HYDRA[key])
        yield from _hydras_own(f"{name}.{key}", inner)


def _values(prefix: str, section: Any, keys: dict[str, Key]) -> Iterator[str]:
    for name, key in keys.items():
        *path, last = name.split(".")
        level = section
        for part in path:
            level = level.get(part) if isinstance(level, dict) else None
        if isinstance(level, dict) and last in level:
            yield from _value(f"{prefix}{name}", level[last], key.rule)


def _value(name: str, value: Any, rule: Rule) -> Iterator[str]:
    if isinstance(rule, MappingOf) and rule.rule and isinstance(value, dict):
        for key, inner in value.items():
            yield from _value(f"{name}.{key}", inner, rule.rule)
    elif not rule.takes(value):
        yield f"{name}={shortened(value)}: {rule.refusal(value)}"


def _combinations(config: dict[str, Any]) -> Iterator[str]:
    """Yields errors in combinations of individually valid values."""
    yield from combinations(config)
    trainer = config["trainer"]
    clips_scaled = trainer["precision"] == "16-mixed" and trainer["gradient_clip_val"]
    if clips_scaled and (config["optimizer"] or {}).get("fused"):
        yield "optimizer.fused=True: cannot clip gradients under trainer.precision=16-mixed; set optimizer.fused=false"
    if config["find_lr"] and config["find_batch_size"]:
        yield "find_lr=true: cannot go with find_batch_size=true; find the batch size first"
    for key in ("resume", "folds"):
        if config[key] and (config["find_lr"] or config["find_batch_size"]):
            yield f"{key}={config[key]}: cannot go with find_lr or find_batch_size, which train nothing; leave one out"
    yield from group_problems(config["optimizer"] or {})
    in_float64 = trainer["precision"] in ("32-true", "64-true")
    if "h" in (config["gradient"] or {}) and (config["compile"] is True or not in_float64):
        yield (
            "gradient: differences evaluate the network itself in float64; with this gradient set compile=false and "
            "trainer.precision=32-true"
        )
