"""What a checkpoint may name: prediction builds nothing else from a file that somebody else may have written."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Sequence
from typing import Any

from hydra.utils import get_object
from torch import nn

from lightlab.data.base import ResidentDataModule
from lightlab.errors import DataError
from lightlab.modules.supervised import SupervisedModule

# A group's own target is a class of its folder, and of its kind.
_GROUPS: dict[str, tuple[str, type]] = {
    "module": (r"lightlab\.modules\.\w+\.\w+", SupervisedModule),
    "data": (r"lightlab\.data\.\w+\.\w+", ResidentDataModule),
    "network": (r"lightlab\.networks\.\w+\.\w+", nn.Module),
}
# What may stand inside a group, and as layers and activation: exact names; none reads, writes or runs anything.
_PARTS = {
    "lightlab.layers.Layers",
    "lightlab.activations.Step",
    "lightlab.activations.CReLU",
    "lightlab.scratch.affine.Linear",
    "lightlab.scratch.average_pooling.AvgPool2d",
    "lightlab.scratch.batch_norm.BatchNorm1d",
    "lightlab.scratch.batch_norm.BatchNorm2d",
    "lightlab.scratch.binary_cross_entropy.BCEWithLogitsLoss",
    "lightlab.scratch.convolution.Conv2d",
    "lightlab.scratch.cross_entropy.CrossEntropyLoss",
    "lightlab.scratch.dropout.Dropout",
    "lightlab.scratch.log_rmse.LogRMSELoss",
    "lightlab.scratch.max_pooling.MaxPool2d",
    "lightlab.scratch.relu.ReLU",
    "lightlab.scratch.sigmoid.Sigmoid",
    "lightlab.scratch.smooth_l1.SmoothL1Loss",
    "lightlab.scratch.squared_error.MSELoss",
    "lightlab.scratch.tanh.Tanh",
    "lightlab.losses.LogRMSELoss",
    "lightlab.losses.TokenCrossEntropy",
    "lightlab.data.augment.Augment",
    "lightlab.data.garments.garments",
    "lightlab.data.digits8.digits",
    "lightlab.data.generated_tables.generated_table",
    "lightlab.data.schematic_faces.faces",
    "lightlab.data.schematic_dishes.dishes",
    *(f"lightlab.surfaces.{name}" for name in ["Bowl", "Ravine", "Saddle", "Rosenbrock", "Beale", "Himmelblau"]),
    *(
        f"torch.nn.{name}"
        for name in [
            "Linear",
            "Conv2d",
            "AvgPool2d",
            "MaxPool2d",
            "BatchNorm1d",
            "BatchNorm2d",
            "Dropout",
            "Identity",
            "ReLU",
            "Sigmoid",
            "Tanh",
            "LeakyReLU",
            "ELU",
            "SELU",
            "ReLU6",
            "Softmax",
            "Softplus",
            "Softsign",
            "GELU",
            "SiLU",
            "MSELoss",
            "L1Loss",
            "SmoothL1Loss",
            "BCEWithLogitsLoss",
            "CrossEntropyLoss",
        ]
    ),
}
BUILT = (*_GROUPS, "layers", "activation")


def check_trusted(config: dict[str, Any], allow: Sequence[str], where: str) -> None:
    """Refuses a config that would build anything but this project's own parts and an exact list of torch's.

    Args:
        config: as the checkpoint carries it; the groups of `BUILT` are looked at.
        allow: packages that the user vouches for.
        where: the checkpoint's name, for the message.

    Raises:
        DataError: names the target. Nothing has been imported or built.
    """
    for group in BUILT:
        if not isinstance(config.get(group), dict):
            raise DataError(f"{where}: its config lacks {group}")
        for depth, target in _targets(config[group]):
            outermost = depth == 0 and group in _GROUPS
            own = (outermost or group == "network") and _is_known(group, target)  # a network's members are networks
            if not own and (outermost or target not in _PARTS) and not _vouched(target, allow):
                raise DataError(
                    f"{where}: its {group} names {target}, which is not lightlab's; refused "
                    f"(allow=[package] vouches for one)"
                )


def _targets(node: Any, depth: int = 0) -> Iterator[tuple[int, str]]:
    """Every ``_target_`` below `node`; an interpolation, which Hydra would resolve, counts as one."""
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
        yield depth + 1, f"a {type(node).__name__}"  # nothing that a config is made of


def _is_known(group: str, target: str) -> bool:
    pattern, kind = _GROUPS[group]
    if not re.fullmatch(pattern, target):
        return False
    module, _, name = target.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ImportError:
        return False
    return isinstance(found, type) and issubclass(found, kind) and found.__module__ == module


def _vouched(target: str, allow: Sequence[str]) -> bool:
    """Whether the target is defined in a package that the user vouches for, and not merely imported by it."""
    package = next((each for each in allow if each and target.startswith(f"{each}.")), None)
    if package is None:
        return False
    try:
        found = get_object(target)
    except Exception:
        return True  # building it will say what is wrong
    home = getattr(found, "__module__", None) or ""
    return home == package or home.startswith(f"{package}.")
