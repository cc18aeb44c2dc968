"""Adam."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import sqrt
from typing import Any

import torch
from torch import Tensor

from lightlab.scratch.optimizers.base import HandWritten


class Adam(HandWritten):
    """m ← β₁·m + (1 − β₁)·g, s ← β₂·s + (1 − β₂)·g², w ← w − η·m̂ / (√ŝ + ε): momentum over RMSProp.

    m and s start at 0, so that after t steps they hold only the share 1 − βᵗ of what they are means of:
    m̂ = m / (1 − β₁ᵗ), ŝ = s / (1 − β₂ᵗ) (Kingma and Ba, 2015).
    """

    def __init__(
        self,
        parameters: Iterable[Any],
        lr: float,
        betas: Sequence[float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr=lr, betas=tuple(betas), eps=eps, weight_decay=weight_decay)

    def update(self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            state["step"] = 0
            state["mean"], state["squares"] = torch.zeros_like(gradient), torch.zeros_like(gradient)
        state["step"] += 1
        beta1, beta2 = group["betas"]
        mean = state["mean"].lerp_(gradient, 1 - beta1)
        squares = state["squares"].mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
        mean_share, squares_share = 1 - beta1 ** state["step"], 1 - beta2 ** state["step"]
        root = squares.sqrt().div_(sqrt(squares_share)).add_(group["eps"])
        parameter.addcdiv_(mean, root, value=-group["lr"] / mean_share)
