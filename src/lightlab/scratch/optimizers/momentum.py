"""Momentum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from lightlab.scratch.optimizers.base import HandWritten


class Momentum(HandWritten):
    """v ← µ·v + g, w ← w − η·v: a heavy ball (Polyak, 1964). v starts at 0, µ is `momentum`."""

    def __init__(self, parameters: Iterable[Any], lr: float, momentum: float = 0.9, weight_decay: float = 0.0) -> None:
        super().__init__(parameters, lr=lr, momentum=momentum, weight_decay=weight_decay)

    def update(self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        parameter.sub_(self.velocity(gradient, state, group), alpha=group["lr"])

    def velocity(self, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]) -> Tensor:
        """v after this gradient; the state's own tensor."""
        if not state:
            state["velocity"] = torch.zeros_like(gradient)
        return state["velocity"].mul_(group["momentum"]).add_(gradient)
