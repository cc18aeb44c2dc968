"""What the losses that compare one number with one number have in common."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.nn import Module

from lightlab.scratch.function import Function, apply, misfit, refuse


def refuse_unreduced(criterion: Module, reduction: str) -> None:
    """Refuses ``reduction="none"``: a loss written out here is one number, a mean or a sum."""
    if reduction == "none":
        refuse(type(criterion).__name__, reduction=(reduction, "mean"))


def reduced(
    criterion: Module, reduction: str, function: type[Function], outputs: Tensor, targets: Tensor, *options: Any
) -> Tensor:
    """The `function`'s sum over outputs and targets of one shape, or its mean.

    Raises:
        UsageError: they differ in shape.
    """
    check_shapes(criterion, outputs, targets)
    total = apply(function, outputs, targets, *options)
    return total if reduction == "sum" else total / outputs.numel()


def check_shapes(criterion: Module, outputs: Tensor, targets: Tensor) -> None:
    if outputs.shape != targets.shape:
        name = type(criterion).__name__
        raise misfit(name, outputs.shape, "targets", targets.shape, "one number for each target")
