"""Composes a command line's overrides into a config with Hydra; refusals are one line."""

import copy
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hydra
from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.types import Glob, Override, OverrideType
from hydra.errors import HydraException, MissingConfigException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import GrammarParseError, OmegaConfBaseException
from yaml import YAMLError

from lightlab.config.grammar import parsed, quote
from lightlab.config.own_files import check_files
from lightlab.config.trainer_keys import INSTEAD
from lightlab.errors import UsageError, did_you_mean, one_line, shortened

Config = dict[str, Any]
# Hydra 1.4 has no other defaults than those of 1.3, and warns where they are named.
HYDRA_DEFAULTS: dict[str, Any] = {"version_base": "1.3"} if hydra.__version__.startswith("1.3.") else {}


def conf_dir() -> Path:
    """Returns the project's config folder: the wheel holds it in the package, a clone two folders above.

    Raises:
        UsageError: the installation lacks it.
    """
    package = Path(__file__).parents[1]
    folders = [package / "conf", package.parents[1] / "conf"]
    folder = next((path for path in folders if (path / "train.yaml").is_file()), None)
    if folder is None:
        raise UsageError(f"{folders[0]}: no such folder; the installation is incomplete: install lightlab-dl again")
    return folder


class Groups:
    """The config groups and their choices.

    Args:
        folders: the project's `conf`, then a user's own.

    Raises:
        UsageError: a folder does not exist, or a file in the user's own is damaged.
    """

    def __init__(self, folders: list[Path]) -> None:
        for folder in folders:
            if not folder.is_dir():
                raise UsageError(f"--config-dir {folder}: no such folder")
        self.folders = [folder.resolve() for folder in folders]
        for folder in folders[1:]:
            check_files(folder)
        self.bases: dict[tuple[str, ...], DictConfig] = {}  # composed from choices alone, by those choices
        self.choices: dict[str, list[str]] = {}
        for folder in self.folders:
            for path in sorted(folder.glob("*/*.yaml")):
                self.choices.setdefault(path.parent.name, []).append(path.stem)

    @property
    def searchpath(self) -> list[str]:
        """The override that tells Hydra the user's folder."""
        user_folders = ", ".join(quote(f"file://{folder}") for folder in self.folders[1:])
        return [f"hydra.searchpath=[{user_folders}]"] if user_folders else []

    def check(self, override: Override) -> bool:
        """Returns whether the override chooses from a group.

        Raises:
            UsageError: the group has no such choice.
        """
        group = override.key_or_group
        if group not in self.choices or override.is_delete():
            return False
        value = override.value()
        if isinstance(value, Glob):
            return True
        for choice in value if isinstance(value, list) else [value]:
            if str(choice).removesuffix(".yaml") not in self.choices[group]:
                known = self.choices[group]
                nearest = did_you_mean(str(choice), known)
                raise UsageError(f"{group}={shortened(choice)}: no such choice; {nearest}choices: {', '.join(known)}")
        return True


def composed(overrides: Sequence[str], groups: Groups) -> Config:
    """Composes overrides into a config with Hydra, resolved to plain containers.

    Raises:
        UsageError: an override that names no group, choice or key.
    """
    parsed_overrides = parsed(overrides)
    group_overrides = [
        override for override in parsed_overrides if groups.check(override) or override.is_hydra_override()
    ]
    value_overrides = [override for override in parsed_overrides if override not in group_overrides]
    choices = tuple(override.input_line or "" for override in group_overrides)
    if choices not in groups.bases:
        groups.bases[choices] = _compose(choices, groups)
    base = groups.bases[choices]
    known = OmegaConf.to_container(base)  # not resolved: it may refer to a value that is not set yet
    assert isinstance(known, dict)
    for override in value_overrides:
        _check_key(override, known, groups)
    if not all(map(is_setting, value_overrides)):
        return _complete(_compose(overrides, groups))
    config = copy.deepcopy(base)
    with refused():
        set_values(config, value_overrides)
    return _complete(config)


def is_setting(override: Override) -> bool:
    """Returns whether an override is a plain ``key=value``, which neither adds nor deletes a key."""
    plain = override.type == OverrideType.CHANGE and override.package is None and "/" not in override.key_or_group
    return plain and not override.is_hydra_override()


def set_values(config: DictConfig, overrides: Sequence[Override]) -> None:
    """Sets values as Hydra does: after composing, since no value decides what is composed."""
    for override in overrides:
        OmegaConf.update(config, override.key_or_group, override.value(), merge=True)


def _compose(overrides: Sequence[str], groups: Groups) -> DictConfig:
    with refused(), initialize_config_dir(str(groups.folders[0]), **HYDRA_DEFAULTS):
        return compose("train", overrides=[*overrides, *groups.searchpath])


def hydra_value(key: str, overrides: Sequence[str], groups: Groups) -> Any:
    """Returns the value that one of Hydra's own keys, such as ``hydra.run.dir``, has in a run with these overrides.

    Raises:
        UsageError: it refers to something that is not there.
    """
    with refused(), initialize_config_dir(str(groups.folders[0]), job_name="train", **HYDRA_DEFAULTS):
        config = compose("train", overrides=[*overrides, *groups.searchpath], return_hydra_config=True)
    HydraConfig.instance().set_config(config)  # for ${hydra:…}
    try:
        return OmegaConf.select(config, key, throw_on_missing=True)
    except OmegaConfBaseException as error:
        reason = str(error).splitlines()[0]
        raise UsageError(f"{key}: {reason}; name a folder") from None


def _complete(config: DictConfig) -> dict[str, Any]:
    unresolved = OmegaConf.to_container(config)  # a missing value may be referred to
    assert isinstance(unresolved, dict)
    leaves = flatten({str(key): value for key, value in unresolved.items()})
    missing = sorted(".".join(path) for path, value in leaves.items() if value == "???")
    if missing:
        raise UsageError(f"{missing[0]}: missing; the task's file, or the command line, must give it")
    return _plain(config)


def _plain(config: DictConfig) -> dict[str, Any]:
    with refused():
        plain = OmegaConf.to_container(config, resolve=True)
    assert isinstance(plain, dict)
    return {str(key): value for key, value in plain.items()}


@contextmanager
def refused() -> Iterator[None]:
    """Turns the errors of Hydra, OmegaConf and YAML into one line."""
    try:
        yield
    except (HydraException, OmegaConfBaseException, YAMLError, ValueError, RecursionError) as error:
        raise UsageError(_unknown_choice(error) or _explained(error)) from error


def _explained(error: Exception) -> str:
    """Returns the first line of a message, without OmegaConf's types, and its cause where it is OmegaConf's."""
    if isinstance(error, RecursionError):
        return "a value or a file is nested too deeply"
    if isinstance(error, YAMLError):
        return one_line(error)
    text = str(error).split("\n")[0].split(" See https://hydra.cc")[0]
    text = re.sub(r"^\w+ raised while resolving interpolation: ", "", text).rstrip(".")
    key = getattr(error, "full_key", None)
    if isinstance(error, GrammarParseError):
        text = "${…} that cannot be read; write ${KEY} or ${oc.env:NAME}, or \\${ for these characters"
    if isinstance(error.__cause__, OmegaConfBaseException):
        text = f"{text.removeprefix('Error merging override ')}: {str(error.__cause__).splitlines()[0]}"
    return shortened(f"{key}: {text}" if key else text, 400)


def _check_key(override: Override, config: dict[Any, Any], groups: Groups) -> None:
    """Refuses ``optimizer.lrr=1`` and names the nearest key; ``+key=value`` may be new."""
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
        if path[:depth] == ["trainer"] and key in INSTEAD:
            raise UsageError(f"{name}: {INSTEAD[key]}")
        if path[0] == "extras":
            raise UsageError(
                f"{name}: new; write +{name}=VALUE, extras={{{'.'.join(path[1:])}: VALUE}}, or put it into a file"
            )
        above = "".join(f"{part}." for part in path[:depth])
        nearest = did_you_mean(key, known).replace("'", f"'{above}", 1)
        raise UsageError(f"{name}: no such key; {nearest}known here: {', '.join(sorted(map(str, set(known))))}")


def _unknown_choice(error: Exception) -> str | None:
    """Returns the message for a choice that one of Hydra's own groups, such as hydra/launcher, lacks."""
    if not isinstance(error, MissingConfigException) or not error.options:
        return None
    group, _, choice = (error.missing_cfg_file or "").rpartition("/")
    known = ", ".join(error.options)
    return f"{group}={choice}: no such choice; {did_you_mean(choice, error.options)}choices: {known}"


ABSENT = object()


def flatten(config: Config, above: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """Returns the leaves of a config by their paths; an empty group is a leaf."""
    flat: dict[tuple[str, ...], Any] = {}
    for key, value in config.items():
        path = (*above, str(key))
        if isinstance(value, dict) and value:
            flat |= flatten(value, path)
        else:
            flat[path] = value
    return flat


def unflatten(flat: dict[tuple[str, ...], Any]) -> Config:
    """Returns the config with these leaves: the inverse of `flatten`. Absent leaves are left out."""
    config: Config = {}
    for path, value in flat.items():
        if value is ABSENT:
            continue
        level = config
        for key in path[:-1]:
            if not isinstance(level.get(key), dict):
                level[key] = {}
            level = level[key]
        level[path[-1]] = value
    return config
