"""What all hand-written optimizers share: the walk over the parameters, and weight decay."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer


class HandWritten(Optimizer):
    """An optimizer is how it updates one parameter: `update`.

    ``group`` holds its settings, which a scheduler may have changed since the last step; ``state`` is what it
    remembers of this parameter, empty before the first step, and saved in checkpoints.

    Raises:
        ValueError: a negative setting.
    """

    def __init__(self, parameters: Iterable[Any], **settings: Any) -> None:
        for name, value in settings.items():
            if min(value if isinstance(value, (list, tuple)) else [value]) < 0:
                raise ValueError(f"{name}={value}: must not be negative")
        super().__init__(parameters, settings)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Updates every parameter that has a gradient; `closure` computes the loss and the gradients first."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    gradient = self.decayed(parameter, parameter.grad, group)
                    self.update(parameter, gradient, self.state[parameter], group)
        return loss

    def decayed(self, parameter: Tensor, gradient: Tensor, group: dict[str, Any]) -> Tensor:
        """g + λ·w, the gradient of L + λ/2·‖w‖², with λ the `weight_decay`."""
        decay = group["weight_decay"]
        return gradient.add(parameter, alpha=decay) if decay else gradient

    @abstractmethod
    def update(self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        """Changes `parameter` in place."""
