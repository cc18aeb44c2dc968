"""The base of all hand-written functions, and the errors of hand-written layers."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from lightlab.errors import UsageError


class Function(torch.autograd.Function):
    """A `torch.autograd.Function` that supports `torch.func.vmap`, which numerical differentiation uses.

    `forward` computes, `setup_context` keeps what `backward` needs, and `backward` turns the gradient g with respect to
    the output into the gradients with respect to the inputs, None for an input without one.
    """

    generate_vmap_rule = True

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        """Keeps the inputs."""
        ctx.save_for_backward(*inputs)


def apply(function: type[Function], *arguments: Any) -> Any:
    """Calls ``function.apply``, under autocast in single precision: a backward pass supports one type only."""
    device = next(argument.device.type for argument in arguments if isinstance(argument, Tensor))
    if device == "meta" or not torch.is_autocast_enabled(device):  # meta tensors have no autocast
        return function.apply(*arguments)
    with torch.autocast(device, enabled=False):
        return function.apply(*map(_single, arguments))


def _single(argument: Any) -> Any:
    is_half = isinstance(argument, Tensor) and argument.dtype in (torch.float16, torch.bfloat16)
    return argument.float() if is_half else argument


def shape_error(layer: str, shape: Sequence[int], other: str, other_shape: Sequence[int], expected: str) -> UsageError:
    """Returns the error for an input whose shape does not fit that of `other`, such as ``a weight``."""
    return UsageError(
        f"{layer}: an input of shape {tuple(shape)} does not fit {other} of shape {tuple(other_shape)}; "
        f"expected {expected}"
    )


def refuse(layer: str, **options: tuple[object, object]) -> None:
    """Refuses an option of torch's namesake that the hand-written layer lacks.

    Args:
        options: by name, the value and the only supported value.

    Raises:
        UsageError: names the first option that differs.
    """
    for name, (value, supported) in options.items():
        if value != supported:
            raise UsageError(
                f"{layer} written by hand does not support {name}={value!r}, only {supported!r}; use layers=torch"
            )
