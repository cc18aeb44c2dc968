"""Hand-written optimizers. w is a parameter, g its gradient, η the learning rate `lr`, λ the `weight_decay`."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from math import sqrt
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from lightlab.optimization.optimizers import MatricesApart

State = dict[str, Any]
Group = dict[str, Any]


class HandWritten(Optimizer):
    """Base class: a subclass lists its settings beside `lr` as class keyword arguments and implements `update`.

    ``group`` holds the settings, which a scheduler may have changed since the last step; ``state`` holds the values
    kept for this parameter; it is empty before the first step and saved in checkpoints.

    Raises:
        ValueError: a negative setting.
        TypeError: an unknown setting.
    """

    settings: Group = {"weight_decay": 0.0}  # noqa: RUF012

    def __init_subclass__(cls, **settings: Any) -> None:
        inherited = [getattr(base, "settings", {}).items() for base in reversed(cls.__bases__)]
        cls.settings = dict(item for items in inherited for item in items) | settings

    def __init__(self, parameters: Iterable[Any], lr: float, **settings: Any) -> None:
        for name in settings.keys() - self.settings.keys():
            raise TypeError(f"{name}: not a setting of {type(self).__name__}, which has lr, {', '.join(self.settings)}")
        settings = self.settings | settings | {"lr": lr}
        for name, value in settings.items():
            settings[name] = tuple(value) if isinstance(value, Sequence) else value
            if min(value if isinstance(value, Sequence) else [value]) < 0:
                raise ValueError(f"{name}={settings[name]}: must not be negative")
        super().__init__(parameters, settings)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Updates every parameter with a gradient; `closure` computes loss and gradients first."""
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

    def decayed(self, parameter: Tensor, gradient: Tensor, group: Group) -> Tensor:
        """Returns g + λ·w, the gradient of L + λ/2·‖w‖²."""
        decay = group["weight_decay"]
        return gradient.add(parameter, alpha=decay) if decay else gradient

    @abstractmethod
    def update(self, parameter: Tensor, gradient: Tensor, state: State, group: Group) -> None:
        """Changes `parameter` in place."""


class SGD(HandWritten):
    """w ← w − η·g."""

    def update(self, parameter: Tensor, gradient: Tensor, state: State, group: Group) -> None:
        parameter.sub_(gradient, alpha=group["lr"])


class Momentum(HandWritten, momentum=0.9):
    """v ← µ·v + g, w ← w − η·v: a heavy ball (Polyak, 1964). v starts at 0, µ is `momentum`."""

    def update(self, parameter: Tensor, gradient: Tensor, state: State, group: Group) -> None:
        parameter.sub_(self.velocity(gradient, state, group), alpha=group["lr"])

    def velocity(self, gradient: Tensor, state: State, group: Group) -> Tensor:
        """Returns v after this gradient: the state's own tensor."""
        return remembered(state, "velocity", gradient).mul_(group["momentum"]).add_(gradient)


class Nesterov(Momentum):
    """v ← µ·v + g, w ← w − η·(g + µ·v): momentum that looks a step ahead (Nesterov, 1983; Sutskever et al., 2013)."""

    def update(self, parameter: Tensor, gradient: Tensor, state: State, group: Group) -> None:
        velocity = self.velocity(gradient, state, group)
        parameter.sub_(gradient.add(velocity, alpha=group["momentum"]), alpha=group["lr"])


class AdaGrad(HandWritten, eps=1e-10):
    """s ← s + g², w ← w − η·g / (√s + ε), number by number (Duchi et al., 2011).

    A weight with large past gradients takes smaller steps; steps never grow again.
    """

    def update(self, parameter: Tensor, gradient: Tensor, state: State, group: Group) -> None:
        squares = remembered(state, "squares", gradient).addcmul_(gradient, gradient)
        parameter.addcdiv_(gradient, squares.sqrt().add_(group["eps"]), value=-group["lr"])


class AdaDelta(HandWritten, rho=0.9, eps=1e-6):
    """s ← ρ·s + (1 − ρ)·g², d = g·√(r + ε) / √(s + ε), r ← ρ·r + (1 − ρ)·d², w ← w − η·d (Zeiler, 2012).

    The size of a step d comes from earlier steps, r; so d has the unit of w, and η is usually 1.
    """

    def update(self, parameter: Tensor, gradient: Tensor, state: State, group: Group) -> None:
        rho, eps = group["rho"], group["eps"]
        squares = remembered(state, "squares", gradient).mul_(rho).addcmul_(gradient, gradient, value=1 - rho)
        steps = remembered(state, "steps", gradient)
        step = gradient * (steps + eps).sqrt() / (squares + eps).sqrt()
        steps.mul_(rho).addcmul_(step, step, value=1 - rho)
        parameter.sub_(step, alpha=group["lr"])


class RMSProp(HandWritten, alpha=0.99, eps=1e-8):
    """s ← α·s + (1 − α)·g², w ← w − η·g / (√s + ε): AdaGrad that forgets (Hinton's lecture 6e, 2012)."""

    def update(self, parameter: Tensor, gradient: Tensor, state: State, group: Group) -> None:
        alpha = group["alpha"]
        squares = remembered(state, "squares", gradient).mul_(alpha).addcmul_(gradient, gradient, value=1 - alpha)
        parameter.addcdiv_(gradient, squares.sqrt().add_(group["eps"]), value=-group["lr"])


class Adam(HandWritten, betas=(0.9, 0.999), eps=1e-8):
    """m ← β₁·m + (1 − β₁)·g, s ← β₂·s + (1 − β₂)·g², w ← w − η·m̂ / (√ŝ + ε): momentum over RMSProp.

    m and s start at 0, so after t steps they contain only the share 1 − βᵗ of the mean they estimate:
    m̂ = m / (1 − β₁ᵗ), ŝ = s / (1 − β₂ᵗ) (Kingma and Ba, 2015).
    """

    def update(self, parameter: Tensor, gradient: Tensor, state: State, group: Group) -> None:
        beta1, beta2 = group["betas"]
        state["step"] = state.get("step", 0) + 1
        mean = remembered(state, "mean", gradient).lerp_(gradient, 1 - beta1)
        squares = remembered(state, "squares", gradient).mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
        mean_share, squares_share = 1 - beta1 ** state["step"], 1 - beta2 ** state["step"]
        root = squares.sqrt().div_(sqrt(squares_share)).add_(group["eps"])
        parameter.addcdiv_(mean, root, value=-group["lr"] / mean_share)


class DecoupledDecay(HandWritten):
    """w ← (1 − η·λ)·w before the step: all weights decay at the same rate, whatever divides the gradient."""

    def decayed(self, parameter: Tensor, gradient: Tensor, group: Group) -> Tensor:
        parameter.mul_(1 - group["lr"] * group["weight_decay"])
        return gradient


class AdamW(DecoupledDecay, Adam, weight_decay=0.01):
    """w ← (1 − η·λ)·w, then as `Adam` (Loshchilov and Hutter, 2019)."""


class Lion(DecoupledDecay, betas=(0.9, 0.99)):
    """w ← (1 − η·λ)·w, w ← w − η·sign(β₁·m + (1 − β₁)·g), m ← β₂·m + (1 − β₂)·g (Chen et al., 2023)."""

    def update(self, parameter: Tensor, gradient: Tensor, state: State, group: Group) -> None:
        beta1, beta2 = group["betas"]
        momentum = remembered(state, "momentum", gradient)
        parameter.sub_(momentum.lerp(gradient, 1 - beta1).sign(), alpha=group["lr"])
        momentum.lerp_(gradient, 1 - beta2)


class Muon(MatricesApart, AdamW, momentum=0.95, ns_steps=5):
    """B ← µ·B + (1 − µ)·g, w ← w − η·0.2·√max(rows, columns)·O of a matrix; others as `AdamW` (Jordan, 2024).

    O is g + µ·(B − g) made orthogonal: all directions of the matrix learn equally fast, also those with small
    gradients. Which weights are matrices: `lightlab.optimization.optimizers.MatricesApart`.
    """

    def __init__(
        self, parameters: Iterable[Any], lr: float, exclude: Sequence[str] = ("embedding", "head"), **settings: Any
    ) -> None:
        self.exclude = frozenset(exclude)
        super().__init__(parameters, lr, **settings)

    def update(self, parameter: Tensor, gradient: Tensor, state: State, group: Group) -> None:
        if not group["use_muon"]:
            super().update(parameter, gradient, state, group)
            return
        momentum = remembered(state, "momentum", gradient).lerp_(gradient, 1 - group["momentum"])
        matrix = gradient.lerp(momentum, group["momentum"]).flatten(1)
        step = orthogonalized(matrix, group["ns_steps"], group["eps"]).view_as(parameter)
        parameter.sub_(step, alpha=group["lr"] * 0.2 * sqrt(max(matrix.shape)))


def orthogonalized(matrix: Tensor, steps: int, eps: float) -> Tensor:
    """Returns nearly U·Vᵀ of a matrix U·S·Vᵀ, in bfloat16: X ← X / ‖X‖, then X ← a·X + b·(X·Xᵀ)·X + c·(X·Xᵀ)²·X.

    An odd polynomial of X changes only its singular values. This one, a quintic Newton-Schulz iteration, drives them
    to between about 0.7 and 1.2 in five steps; its slope at 0 is large, at the price of convergence to 1.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrix.bfloat16()
    x = x if len(x) <= x.shape[1] else x.T  # so that X·Xᵀ is the smaller of the two products
    x = x / x.norm().clamp(min=eps)
    for _ in range(steps):
        square = x @ x.T
        x = torch.addmm(x, torch.addmm(square, square, square, beta=b, alpha=c), x, beta=a)
    return x if x.shape == matrix.shape else x.T


def remembered(state: State, name: str, gradient: Tensor) -> Tensor:
    """Returns the state's tensor of that name; zeros of the gradient's shape before the first step."""
    if name not in state:
        state[name] = torch.zeros_like(gradient)
    tensor: Tensor = state[name]
    return tensor
