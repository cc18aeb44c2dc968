"""The rule for what a config read from a file may build: parts of lightlab and torch, others only by `allow=`."""

import importlib
import re
from collections.abc import Iterator, Sequence
from inspect import isfunction
from typing import Any

from hydra.utils import get_object
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from lightlab.data.base import ResidentDataModule
from lightlab.errors import DataError
from lightlab.modules.supervised import SupervisedModule

# Where a group's own target must be defined, and the base class that it must have.
_GROUPS: dict[str, tuple[str, type]] = {
    "module": (r"lightlab\.(modules|surfaces)\.\w+", SupervisedModule),
    "data": (r"lightlab\.(data|surfaces)(\.\w+)+", ResidentDataModule),
    "network": (r"lightlab\.(networks|surfaces)\.\w+", nn.Module),
}
# Where torch's classes are named, and the base class that they must have: none of them reads, writes or runs anything.
_TORCH: dict[str, type] = {"torch.nn": nn.Module, "torch.optim": Optimizer, "torch.optim.lr_scheduler": LRScheduler}
# Modules of lightlab whose classes may be named, and those whose functions may be named.
_CLASSES = (
    r"lightlab\.(networks|scratch|optimization|modules\.losses|surfaces\.functions|data\.images\.augment)(\.\w+)*"
)
_FUNCTIONS = r"lightlab\.(data\.synthetic\.\w+|optimization\.schedulers)"
BUILT = (*_GROUPS, "layers", "activation")


def check_trusted(config: dict[str, Any], allow: Sequence[str], where: str) -> None:
    """Refuses a config that would build anything but parts of lightlab and of torch.

    Args:
        config: from the checkpoint; the groups of `BUILT` are checked.
        allow: packages that the user trusts.
        where: the checkpoint's name, for the message.

    Raises:
        DataError: names the target; nothing outside lightlab and torch has been imported, nothing built.
    """
    for group in BUILT:
        if not isinstance(config.get(group), dict):
            raise DataError(f"{where}: its config lacks {group}")
        for depth, target in _targets(config[group]):
            outermost = depth == 0 and group in _GROUPS
            trusted = _is_of_group(target, group) if outermost else _is_part(target)
            if not trusted and not _is_allowed(target, allow):
                raise DataError(
                    f"{where}: its {group} names {target}, which is not lightlab's; refused (allow=[package] trusts "
                    "one)"
                )


def _targets(node: Any, depth: int = 0) -> Iterator[tuple[int, str]]:
    """Yields depth and name of every ``_target_`` below `node`; an interpolation counts as one: it is resolved."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "_target_":
                yield depth, str(value)
            else:
                yield from _targets(value, depth + 1)
    elif isinstance(node, (list, tuple)):
        for value in node:
            yield from _targets(value, depth + 1)
    elif isinstance(node, str):
        if "${" in node:
            yield depth + 1, node
    elif node is not None and not isinstance(node, (bool, int, float)):
        yield depth + 1, f"a {type(node).__name__}"  # configs hold no such objects


def _is_of_group(target: str, group: str) -> bool:
    modules, base = _GROUPS[group]
    made = _defined(target, modules)
    return isinstance(made, type) and issubclass(made, base)


def _is_part(target: str) -> bool:
    """Whether a target may stand inside a group, or be its layers or its activation."""
    home, _, name = target.rpartition(".")
    if home in _TORCH:
        made = getattr(importlib.import_module(home), name, None)
        return isinstance(made, type) and issubclass(made, _TORCH[home]) and made is not _TORCH[home]
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
    try:
        made = get_object(target)
    except Exception:
        return True  # building it will report what is wrong
    home = getattr(made, "__module__", None) or ""
    return home == package or home.startswith(f"{package}.")
