"""What all hand-written functions have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from lightlab.errors import UsageError


class Function(torch.autograd.Function):
    """A `torch.autograd.Function` that `torch.func.vmap` can map, as numerical differentiation does.

    `forward` computes, `setup_context` keeps what `backward` needs, and `backward` turns the gradient g with respect to
    the output into those with respect to the inputs, None for an input that has none.
    """

    generate_vmap_rule = True

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        """Keeps the inputs."""
        ctx.save_for_backward(*inputs)


def apply(function: type[Function], *arguments: Any) -> Any:
    """Calls ``function.apply``, under autocast in single precision: a backward pass is written for one type."""
    device = next(argument.device.type for argument in arguments if isinstance(argument, Tensor))
    if not torch.is_autocast_enabled(device):
        return function.apply(*arguments)
    with torch.autocast(device, enabled=False):
        return function.apply(*map(_single, arguments))


def _single(argument: Any) -> Any:
    is_half = isinstance(argument, Tensor) and argument.dtype in (torch.float16, torch.bfloat16)
    return argument.float() if is_half else argument


def misfit(layer: str, given: Sequence[int], what: str, own: Sequence[int], expected: str) -> UsageError:
    """Returns the error of an input whose shape does not fit `what` of shape `own`."""
    return UsageError(
        f"{layer}: an input of shape {tuple(given)} does not fit {what} of shape {tuple(own)}; it takes {expected}"
    )


def refuse(layer: str, **options: tuple[object, object]) -> None:
    """Refuses an option of torch's namesake that the hand-written layer lacks.

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
