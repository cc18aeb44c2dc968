"""How a module's gradients come to be: the choices of the config group `gradient`."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn


def autograd(loss: Tensor, compute_loss: Callable[[], Tensor], network: nn.Module) -> None:
    """Adds the gradient of `loss` to each parameter's ``.grad`` by backpropagation.

    Args:
        loss: scalar, with its graph.
        compute_loss: gives the same loss again from the same batch, for methods that need more than one evaluation.
        network: whose parameters the gradient is taken of.
    """
    loss.backward()
