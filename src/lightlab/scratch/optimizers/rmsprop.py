"""RMSProp."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from lightlab.scratch.optimizers.base import HandWritten


class RMSProp(HandWritten):
    """s ← α·s + (1 − α)·g², w ← w − η·g / (√s + ε): AdaGrad that forgets (Hinton's lecture 6e, 2012)."""

    def __init__(
        self, parameters: Iterable[Any], lr: float, alpha: float = 0.99, eps: float = 1e-8, weight_decay: float = 0.0
    ) -> None:
        super().__init__(parameters, lr=lr, alpha=alpha, eps=eps, weight_decay=weight_decay)

    def update(self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            state["squares"] = torch.zeros_like(gradient)
        squares = state["squares"].mul_(group["alpha"]).addcmul_(gradient, gradient, value=1 - group["alpha"])
        parameter.addcdiv_(gradient, squares.sqrt().add_(group["eps"]), value=-group["lr"])
