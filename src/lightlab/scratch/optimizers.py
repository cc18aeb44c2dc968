"""Hand-written optimizers. w is a parameter, g its gradient, η the learning rate `lr`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from math import sqrt
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


class SGD(HandWritten):
    """w ← w − η·g."""

    def __init__(self, parameters: Iterable[Any], lr: float, weight_decay: float = 0.0) -> None:
        super().__init__(parameters, lr=lr, weight_decay=weight_decay)

    def update(self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        parameter.sub_(gradient, alpha=group["lr"])


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


class Nesterov(Momentum):
    """v ← µ·v + g, w ← w − η·(g + µ·v): momentum that looks a step ahead (Nesterov, 1983; Sutskever et al., 2013)."""

    def update(self, parameter: Tensor, gradient: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        velocity = self.velocity(gradient, state, group)
        parameter.sub_(gradient.add(velocity, alpha=group["momentum"]), alpha=group["lr"])


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


class AdamW(Adam):
    """w ← (1 − η·λ)·w, then as `Adam` (Loshchilov and Hutter, 2019).

    Adam divides the gradient by its running size, and a decay that is part of it as well; here all weights decay alike.
    """

    def __init__(
        self,
        parameters: Iterable[Any],
        lr: float,
        betas: Sequence[float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(parameters, lr, betas, eps, weight_decay)

    def decayed(self, parameter: Tensor, gradient: Tensor, group: dict[str, Any]) -> Tensor:
        """g as it is: the decay goes to the weight itself."""
        parameter.mul_(1 - group["lr"] * group["weight_decay"])
        return gradient
