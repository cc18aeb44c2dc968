"""AdaDelta."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from lightlab.scratch.optimizers.base import HandWritten


class AdaDelta(HandWritten):
    """s ← ρ·s + (1 − ρ)·g², d = g·√(r + ε) / √(s + ε), r ← ρ·r + (1 − ρ)·d², w ← w − η·d (Zeiler, 2012).

    The steps d set their own size by those before them, r; so they have the unit of w, and η is 1 by itself.
    """

    def __init__(
        self, parameters: Iterable[Any], lr: float, rho: float = 0.9, eps: float = 1e-6, weight_decay: float = 0.0
    ) -> None:
        super().__init__(parameters, lr=lr, rho=rho, eps=eps, weight_decay=weight_decay)

    def update(self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        if not state:
            state["squares"], state["steps"] = torch.zeros_like(gradient), torch.zeros_like(gradient)
        rho, eps = group["rho"], group["eps"]
        squares = state["squares"].mul_(rho).addcmul_(gradient, gradient, value=1 - rho)
        step = gradient * (state["steps"] + eps).sqrt() / (squares + eps).sqrt()
        state["steps"].mul_(rho).addcmul_(step, step, value=1 - rho)
        parameter.sub_(step, alpha=group["lr"])
