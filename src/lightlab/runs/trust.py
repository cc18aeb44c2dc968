"""The rule for what a config read from a file may build: parts of lightlab and torch, others only by the user's word.

The user's word is the command line, conf/ and a ``--config-dir``. Imports torch only to judge what none of them names.
"""

import importlib
import re
from collections.abc import Iterator, Mapping, Sequence
from inspect import isfunction
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from hydra.core.override_parser.types import Override
from hydra.utils import get_object

from lightlab.config.composition import unflatten
from lightlab.config.instantiation import located
from lightlab.config.schema import GROUPS, OPTIONAL
from lightlab.errors import DataError


class _Home(NamedTuple):
    """Where the classes of a group must be defined, their base class, and how deep in the group they stand."""

    modules: str
    base: str
    depth: int = 0


_HOMES = {
    "module": _Home(r"lightlab\.(modules|surfaces)\.\w+", "lightlab.modules.supervised.SupervisedModule"),
    "data": _Home(r"lightlab\.(data|surfaces)(\.\w+)+", "lightlab.data.base.ResidentDataModule"),
    "network": _Home(r"lightlab\.(networks|surfaces)\.\w+", "torch.nn.Module"),
    "callbacks": _Home(r"lightlab\.(callbacks\.\w+|surfaces\.callback)", "lightning.pytorch.Callback", depth=1),
    "logger": _Home(r"lightlab\.runs\.loggers", "lightning.pytorch.loggers.Logger", depth=1),
}
# Functions, Lightning's callbacks that neither read, write nor run anything, and its loggers in conf/logger, whose
# options `lightlab.runs.recorded` restricts: they may stand there too.
_NAMED = {
    "accelerator": ("lightlab.training.devices.choose",),
    "logger": tuple(f"lightning.pytorch.loggers.{name}" for name in ("MLFlowLogger", "WandbLogger")),
    "callbacks": (
        "lightlab.callbacks.progress.progress",
        *(
            f"lightning.pytorch.callbacks.{name}"
            for name in ("EarlyStopping", "LearningRateMonitor", "RichProgressBar", "Timer", "TQDMProgressBar")
        ),
    ),
}
# Where torch's classes are named, and the base class that they must have: none of them reads, writes or runs anything.
_TORCH = {
    "torch.nn": "torch.nn.Module",
    "torch.optim": "torch.optim.Optimizer",
    "torch.optim.lr_scheduler": "torch.optim.lr_scheduler.LRScheduler",
    "torchmetrics.classification": "torchmetrics.Metric",
    "torchmetrics.regression": "torchmetrics.Metric",
}
_TORCH_INIT = r"torch\.nn\.init\.[a-z]\w*_"
# Modules of lightlab whose classes may be named, and those whose functions may be named.
_CLASSES = (
    r"lightlab\.(networks|scratch|optimization|modules\.losses|surfaces\.functions|data\.images\.augment)(\.\w+)*"
)
_FUNCTIONS = r"lightlab\.(data\.synthetic\.\w+|optimization\.(schedulers|gradients|differences)|networks\.initializers)"
BUILT = ("module", "data", "network", "layers", "activation")  # the groups that prediction builds
_DEEPEST, _MOST = 30, 100_000  # containers within containers, and values

Targets = Mapping[str, set[str]]  # by group


def check_trusted(
    config: Mapping[str, Any],
    allow: Sequence[str],
    where: str,
    groups: Sequence[str] = BUILT,
    own: Targets | None = None,
) -> None:
    """Refuses a config that would build anything but parts of lightlab and of torch.

    Args:
        config: from a checkpoint or a run's folder.
        allow: packages that the user trusts.
        where: the file's name, for the message.
        groups: those that must be there and are checked.
        own: further targets that are trusted, by group: `own_targets`.

    Raises:
        DataError: names the target; nothing outside lightlab and torch has been imported, nothing built.
    """
    for group in groups:
        if config.get(group) is None and group in OPTIONAL:
            continue
        if not isinstance(config.get(group), dict):
            raise DataError(f"{where}: its config lacks {group}")
        for target, trusted in verdicts(config[group], group, allow, own):
            if not trusted:
                named = f"{where}: its {group} names {target}, which is not lightlab's"
                raise DataError(f"{named}; refused (allow=[package] trusts one)")
    for name, options in config["callbacks"].items() if "callbacks" in groups else ():
        places = [options.get("dirpath"), options.get("filename")] if isinstance(options, dict) else []
        if places[:1] not in ([], [None]) or "/" in str(places[1:]):
            raise DataError(f"{where}: callbacks.{name} names a folder to write to; refused (a run has its own)")


def verdicts(
    contents: Any, group: str, allow: Sequence[str] = (), own: Targets | None = None
) -> Iterator[tuple[str, bool]]:
    """Yields every target of a group's config, and whether it may be built; arguments as of `check_trusted`."""
    for depth, target in _targets(contents):
        is_own = target in (own or {}).get(group, ())
        yield target, is_own or _is_ours(target, group, depth) or _is_allowed(target, allow)


def check_run_trusted(config: Mapping[str, Any], allow: Sequence[str], where: str, own: Targets) -> None:
    """Refuses a run's whole config where it would build anything that is not trusted, or write outside its folder.

    Raises:
        DataError: names the key; nothing outside lightlab and torch has been imported, nothing built.
    """
    for key in config.keys() - GROUPS.keys():
        for _, target in _targets(config[key]):
            raise DataError(f"{where}: its {key} holds {target}; expected plain values")
    check_trusted(config, allow, where, tuple(GROUPS), own)


def own_targets(folders: Sequence[Path], typed: Sequence[Override] = ()) -> dict[str, set[str]]:
    """Returns the targets that the user's own config folders and command line name, by group."""
    own: dict[str, set[str]] = {}

    def add(config: Any) -> None:
        for group, contents in config.items() if isinstance(config, dict) else ():
            named = {target for _, target in _targets(contents) if re.fullmatch(r"[\w.]+", target)}
            own.setdefault(str(group), set()).update(named)

    for folder in folders:
        for path in sorted(folder.rglob("*.yaml")):
            add(_by_group(path, folder))
    for override in typed:
        add(unflatten({tuple(override.key_or_group.split(".")): override.value()}))
    return own


def allowed(typed: Sequence[Override]) -> list[str]:
    """Returns the packages of ``allow=[…]`` on the command line."""
    values = [override.value() for override in typed if override.key_or_group == "allow" and not override.is_delete()]
    return [name for name in values[-1] if isinstance(name, str)] if values and isinstance(values[-1], list) else []


def _by_group(path: Path, folder: Path) -> Any:
    """Reads a config file whose groups are its keys, or whose group is the folder that it lies in."""
    try:
        text = path.read_text(encoding="utf-8")
        contents = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)) if "_target_" in text else {}
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return {}  # composing it, where it is chosen, reports what is wrong
    is_global = path.parent == folder or re.search(r"^#\s*@package\s+_global_", text, re.MULTILINE)
    return contents if is_global else {path.relative_to(folder).parts[0]: contents}


def target_names(config: Mapping[str, Any]) -> set[str]:
    """Returns every ``_target_`` of a config that has been checked."""
    return {target for _, target in _targets(config)}


def _targets(node: Any) -> Iterator[tuple[int, str]]:
    """Yields depth and name of every ``_target_`` in `node`.

    An interpolation counts as one, since it is resolved; so do objects, which configs do not hold.
    """
    pending, count = [(0, node)], 0
    while pending:
        depth, node = pending.pop()
        count += 1
        if depth > _DEEPEST or count > _MOST:
            yield depth, "too many values"
            return
        if isinstance(node, dict):
            if "_target_" in node:
                yield depth, str(node["_target_"])
            pending += [(depth + 1, value) for key, value in reversed(node.items()) if key != "_target_"]
        elif isinstance(node, (list, tuple)):
            pending += [(depth + 1, value) for value in reversed(node)]
        elif isinstance(node, str):
            if "${" in node:
                yield depth, node
        elif node is not None and not isinstance(node, (bool, int, float)):
            yield depth, f"a {type(node).__name__}"


def _is_ours(target: str, group: str, depth: int) -> bool:
    home = _HOMES.get(group)
    if target in _NAMED.get(group, ()):
        return True
    if home is None or depth > home.depth:
        return _is_part(target)
    made = _defined(target, home.modules)
    return isinstance(made, type) and issubclass(made, get_object(home.base))


def _is_part(target: str) -> bool:
    """Whether a target may stand inside a group, or be a part of the network or of what trains it."""
    home, _, name = target.rpartition(".")
    if home in _TORCH:
        made, base = getattr(importlib.import_module(home), name, None), get_object(_TORCH[home])
        return isinstance(made, type) and issubclass(made, base) and made is not base
    if re.fullmatch(_TORCH_INIT, target):
        return isfunction(getattr(importlib.import_module(home), name, None))
    return isinstance(_defined(target, _CLASSES), type) or isfunction(_defined(target, _FUNCTIONS))


def _defined(target: str, modules: str) -> Any:
    """Returns the public object of that name if a module that matches `modules` defines it; None otherwise."""
    home, _, name = target.rpartition(".")
    if not re.fullmatch(modules, home) or not re.fullmatch(r"[A-Za-z]\w*", name):
        return None
    try:
        made = getattr(importlib.import_module(home), name, None)
    except ImportError:
        return None
    return made if getattr(made, "__module__", None) == home else None


def _is_allowed(target: str, allow: Sequence[str]) -> bool:
    """Whether the target is defined in a package that the user trusts, and not merely imported by it."""
    package = next((name for name in allow if name and target.startswith(f"{name}.")), None)
    if package is None:
        return False
    made = located(target)
    if made is None:
        return True  # building it will report what is wrong
    home = getattr(made, "__module__", None) or ""
    return home == package or home.startswith(f"{package}.")
