"""Nesterov's momentum."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from lightlab.scratch.optimizers.momentum import Momentum


class Nesterov(Momentum):
    """v ← µ·v + g, w ← w − η·(g + µ·v): momentum that looks a step ahead (Nesterov, 1983; Sutskever et al., 2013)."""

    def update(self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        velocity = self.velocity(gradient, state, group)
        parameter.sub_(gradient.add(velocity, alpha=group["momentum"]), alpha=group["lr"])
