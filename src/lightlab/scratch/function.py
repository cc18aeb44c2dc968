"""What all hand-written functions have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from lightlab.errors import UsageError


class Function(torch.autograd.Function):
    """A `torch.autograd.Function` that `torch.func.vmap` can map, which numerical differentiation does.

    `forward` computes, `setup_context` keeps what `backward` needs, `backward` turns the gradient with respect to the
    output into those with respect to the inputs, None for what has none.
    """

    generate_vmap_rule = True


def apply(function: type[Function], *arguments: Any) -> Any:
    """``function.apply``; under autocast in single precision, as a backward pass is written for one type of number."""
    device = next(each.device.type for each in arguments if isinstance(each, Tensor))
    if not torch.is_autocast_enabled(device):
        return function.apply(*arguments)
    with torch.autocast(device, enabled=False):
        return function.apply(*map(_single, arguments))


def _single(argument: Any) -> Any:
    is_half = isinstance(argument, Tensor) and argument.dtype in (torch.float16, torch.bfloat16)
    return argument.float() if is_half else argument


def misfit(layer: str, given: Sequence[int], what: str, own: Sequence[int], expected: str) -> UsageError:
    """The error of an input's shape that does not fit `what` of shape `own`: names both."""
    return UsageError(
        f"{layer}: an input of shape {tuple(given)} does not fit {what} of shape {tuple(own)}; it takes {expected}"
    )


def refuse(layer: str, **options: tuple[object, object]) -> None:
    """Refuses what torch's namesake can do and the hand-written layer cannot.

    Args:
        options: by name, the value given and the only one that is taken.

    Raises:
        UsageError: names the first option that differs.
    """
    for name, (given, only) in options.items():
        if given != only:
            raise UsageError(
                f"{layer} written by hand takes no {name}={given!r}, only {only!r}; layers=torch takes others"
            )
