"""AdaGrad."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from lightlab.scratch.optimizers.base import HandWritten


class AdaGrad(HandWritten):
    """s ← s + g², w ← w − η·g / (√s + ε), number by number (Duchi et al., 2011).

    A weight that has had large gradients takes smaller steps, and none ever takes larger ones again.
    """

    def __init__(self, parameters: Iterable[Any], lr: float, eps: float = 1e-10, weight_decay: float = 0.0) -> None:
        super().__init__(parameters, lr=lr, eps=eps, weight_decay=weight_decay)

    def update(self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            state["squares"] = torch.zeros_like(gradient)
        squares = state["squares"].addcmul_(gradient, gradient)
        parameter.addcdiv_(gradient, squares.sqrt().add_(group["eps"]), value=-group["lr"])
