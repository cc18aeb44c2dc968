"""Derivatives by differences, by their definition.

The error of a step h has two parts. Truncation falls with h: as h for one-sided differences, as h² for central ones.
Rounding grows as ε·|f| / h, with ε = 1.2e-7 in float32 and 2.2e-16 in float64: below some h a smaller step is worse.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.func import vmap

from lightlab.errors import UsageError

Function = Callable[[Any], Any]
Difference = Callable[[Function, Any, float], Any]
MOST_NUMBERS = 2**20  # in a batch of perturbed copies of x: 8 MiB in float64, which a processor's cache holds
MOST_COPIES = 16  # f's own intermediate results take memory too; more copies are not faster


def forward(f: Function, x: Any, h: float) -> Any:
    """(f(x + h) − f(x)) / h = f'(x) + O(h)."""
    return (f(x + h) - f(x)) / h


def backward(f: Function, x: Any, h: float) -> Any:
    """(f(x) − f(x − h)) / h = f'(x) + O(h)."""
    return (f(x) - f(x - h)) / h


def central(f: Function, x: Any, h: float) -> Any:
    """(f(x + h) − f(x − h)) / 2h = f'(x) + O(h²)."""
    return (f(x + h) - f(x - h)) / (2 * h)


def derivative(f: Function, x: Any, h: float = 1e-4, difference: Difference = central) -> Any:
    """Returns f'(x) of a function of one number; for a tensor x and an elementwise f, the derivative at each number.

    Raises:
        UsageError: h is 0 or not finite, or so small that x + h is x.
    """
    check_step(h, x)
    return difference(f, x, h)


def jacobian(
    f: Function, x: Tensor, h: float = 1e-4, difference: Difference = central, entries: Tensor | None = None
) -> Tensor:
    """Returns ∂fᵢ/∂xⱼ (*f's shape, *x's shape), from differences along each xⱼ.

    Args:
        f: a function of a tensor, such as a network; `torch.func.vmap` evaluates it for many x with equal random draws.
        x: the point, in float64 if the result should have more than three digits.
        entries: indices of some xⱼ in the flattened x; the result is then (*f's shape, entries).

    Raises:
        UsageError: as `derivative`.
    """
    check_step(h, x)
    indices = torch.arange(x.numel(), device=x.device) if entries is None else entries
    at_once = max(1, min(MOST_COPIES, MOST_NUMBERS // max(1, x.numel())))

    def along(direction: Tensor) -> Any:  # (*x's shape): 1 at one entry, else 0
        return difference(lambda step: f(x.add(direction, alpha=step)), 0.0, h)

    columns = [vmap(along, randomness="same")(_directions(x, chunk)) for chunk in indices.split(at_once)]
    matrix = torch.cat(columns).movedim(0, -1)  # (*f's shape, entries)
    return matrix.reshape(*matrix.shape[:-1], *x.shape) if entries is None else matrix


def check_step(h: float, x: Any) -> None:
    """Raises `UsageError` if x + h is x."""
    if not math.isfinite(h) or h == 0:
        raise UsageError(f"h={h}: a difference needs a step other than 0, such as h=1e-4")
    point = x if isinstance(x, Tensor) else torch.tensor(x, dtype=torch.float64)
    unchanged = point.isfinite() & (point + h == point)
    if bool(unchanged.any()):
        where = point[unchanged].flatten()[0].item()
        raise UsageError(
            f"h={h}: x + h is x at x = {where:.6g} in {str(point.dtype).removeprefix('torch.')}; use a larger h"
        )


def _directions(x: Tensor, entries: Tensor) -> Tensor:
    """Returns (entries, *x's shape): 1 at the entry, else 0."""
    directions = torch.zeros(len(entries), x.numel(), dtype=x.dtype, device=x.device)
    directions[torch.arange(len(entries), device=x.device), entries] = 1
    return directions.view(-1, *x.shape)
