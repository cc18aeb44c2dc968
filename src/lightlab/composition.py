"""A command line's overrides as the config that Hydra composes from them, or why it cannot, in one line."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, OverrideType
from hydra.errors import HydraException, MissingConfigException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from lightlab.errors import UsageError, did_you_mean, one_line
from lightlab.groups import Groups


def composed(overrides: Sequence[str], groups: Groups) -> dict[str, Any]:
    """The config that Hydra composes from these overrides, resolved to plain containers.

    Raises:
        UsageError: an override that names no group, choice or key.
    """
    told = parsed(overrides)
    choosing = [override for override in told if groups.check(override) or override.is_hydra_override()]
    setting = [override for override in told if override not in choosing]
    choices = tuple(override.input_line or "" for override in choosing)
    if choices not in groups.bases:
        groups.bases[choices] = _compose(choices, groups)
    base = groups.bases[choices]
    known = OmegaConf.to_container(base)  # not resolved: a value that is not set yet may be referred to
    assert isinstance(known, dict)
    for override in setting:
        _check_key(override, known, groups)
    if not all(map(is_setting, setting)):
        return _complete(_compose(overrides, groups))
    config = copy.deepcopy(base)
    with _refused():
        set_values(config, setting)
    return _complete(config)


def is_setting(override: Override) -> bool:
    """Whether it is a ``key=value``, of a group or of a key, that adds and deletes nothing."""
    plain = override.type == OverrideType.CHANGE and override.package is None and "/" not in override.key_or_group
    return plain and not override.is_hydra_override()


def set_values(config: DictConfig, overrides: Sequence[Override]) -> None:
    """Sets ``key=value`` as Hydra does, last in a composition: no value has a part in what is composed."""
    for override in overrides:
        OmegaConf.update(config, override.key_or_group, override.value(), merge=True)


def parsed(overrides: Sequence[str]) -> list[Override]:
    """What Hydra's grammar makes of them.

    Raises:
        UsageError: one that it does not take.
    """
    try:
        return OverridesParser.create().parse_overrides(list(overrides))
    except HydraException as error:
        raise UsageError(f"{one_line(error)}; write GROUP=CHOICE or KEY=VALUE (--help)") from None


def _compose(overrides: Sequence[str], groups: Groups) -> DictConfig:
    with _refused(), initialize_config_dir(str(groups.folders[0]), version_base="1.3"):
        return compose("train", overrides=[*overrides, *groups.searchpath])


def _complete(config: DictConfig) -> dict[str, Any]:
    with _refused():
        missing = sorted(OmegaConf.missing_keys(config))
    if missing:
        raise UsageError(f"{missing[0]}: missing; the task's file, or the command line, must give it")
    return _plain(config)


def _plain(config: DictConfig) -> dict[str, Any]:
    with _refused():
        plain = OmegaConf.to_container(config, resolve=True)
    assert isinstance(plain, dict)
    return {str(key): value for key, value in plain.items()}


@contextmanager
def _refused() -> Iterator[None]:
    """What Hydra, OmegaConf and YAML refuse, in one line."""
    try:
        yield
    except (HydraException, OmegaConfBaseException, YAMLError, ValueError) as error:
        raise UsageError(_unknown_choice(error) or one_line(error)) from error


def _check_key(override: Override, config: dict[Any, Any], groups: Groups) -> None:
    """Refuses ``optimizer.lrr=1`` with the nearest key; ``+key=value`` is meant to be new."""
    name = override.key_or_group
    if override.is_add() or override.is_force_add() or override.is_hydra_override():
        return
    level: Any = config
    path = name.split(".")
    for depth, key in enumerate(path):
        if isinstance(level, dict) and key in level:
            level = level[key]
            continue
        known = list(level) if isinstance(level, dict) else []
        known += list(groups.choices) if depth == 0 else []
        above = "".join(f"{each}." for each in path[:depth])
        nearest = did_you_mean(key, known).replace("'", f"'{above}", 1)
        raise UsageError(f"{name}: no such key; {nearest}known here: {', '.join(sorted(map(str, set(known))))}")


def _unknown_choice(error: Exception) -> str | None:
    """What to say of a choice that one of Hydra's own groups, such as hydra/launcher, does not have."""
    if not isinstance(error, MissingConfigException) or not error.options:
        return None
    group, _, choice = (error.missing_cfg_file or "").rpartition("/")
    known = ", ".join(error.options)
    return f"{group}={choice}: no such choice; {did_you_mean(choice, error.options)}choices: {known}"
