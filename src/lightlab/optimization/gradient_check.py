"""Backpropagation compared with differences, layer by layer: ``gradient=check``."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lightlab.optimization.differences import central
from lightlab.optimization.gradients import ComputeLoss, autograd, by_differences, evaluated, random_state, trained

# An error is relative to the gradient; for small gradients, to these accuracies:
SMALL = 1e-3  # of a parameter's largest gradient
ROUNDING = 1e5  # times ε·L / h, the rounding error of differences; a bias before batch norm has a gradient of 0


@dataclass(frozen=True)
class Comparison:
    """The two gradients of one parameter.

    Attributes:
        checked: the number of entries compared.
        largest: the largest gradient among them, in magnitude.
        error: the largest |a − n| / max(|a|, |n|, `SMALL`·largest, `ROUNDING`·ε·L / h), a by backpropagation and n by
            differences.
    """

    name: str
    shape: tuple[int, ...]
    checked: int
    largest: float
    error: float


class Check:
    """Trains by backpropagation; compares at the first step and every `every` steps, and prints a table.

    Both gradients are computed in float64 with the same random draws, so a difference comes from the formula and not
    from rounding. Training itself is bit-identical to ``gradient=autograd``.

    Args:
        every: steps from one check to the next.
        h: of the central differences.
        entries: of each parameter, chosen at random; None compares all.
        tolerance: the largest error that counts as agreement.
    """

    def __init__(self, every: int, h: float, entries: int | None, tolerance: float) -> None:
        self.every = every
        self.h = h
        self.entries = entries
        self.tolerance = tolerance
        self.steps = 0

    def __call__(self, loss: Tensor, compute_loss: ComputeLoss, network: nn.Module) -> None:
        if self.steps % self.every == 0:
            print(self.table(compare(compute_loss, network, self.h, self.entries)), flush=True)
        self.steps += 1
        autograd(loss, compute_loss, network)

    def table(self, comparisons: Sequence[Comparison]) -> str:
        """Returns one line a parameter, and one with the result."""
        rows = [("parameter", "shape", "checked", "largest gradient", "largest relative error", "verdict")]
        wrong = []
        for comparison in comparisons:
            agrees = comparison.error <= self.tolerance  # not for NaN
            if not agrees:
                wrong.append(comparison.name)
            numbers = f"{comparison.checked:,}", f"{comparison.largest:.2e}", f"{comparison.error:.1e}"
            shape = " x ".join(map(str, comparison.shape))
            rows.append((comparison.name, shape, *numbers, "agrees" if agrees else "DIFFERS"))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        result = f"differ in {', '.join(wrong)}" if wrong else f"agree in all {len(comparisons)} parameters"
        head = f"step {self.steps + 1}: backpropagation and central differences (h = {self.h:g})"
        return "\n".join([*lines, f"{head} {result}"])


def compare(compute_loss: ComputeLoss, network: nn.Module, h: float, entries: int | None = None) -> list[Comparison]:
    """Compares the two gradients of each parameter; leaves network and random state unchanged."""
    parameters = {name: parameter.detach().double() for name, parameter in trained(network).items()}
    draw_again = random_state(next(network.parameters()).device)
    with evaluated(compute_loss, network) as loss_with:
        leaves = {name: parameter.clone().requires_grad_() for name, parameter in parameters.items()}
        loss = loss_with(leaves)
        rounding = ROUNDING * torch.finfo(loss.dtype).eps * abs(loss.item()) / h
        gradients = torch.autograd.grad(loss, list(leaves.values()), materialize_grads=True)
        comparisons = []
        for (name, parameter), gradient in zip(parameters.items(), gradients, strict=True):
            indices = _sample(parameter, entries)
            numeric = by_differences(loss_with, name, parameter, h, central, indices)
            comparisons.append(_comparison(name, parameter, gradient.flatten()[indices], numeric, rounding))
    draw_again()
    return comparisons


def _sample(parameter: Tensor, entries: int | None) -> Tensor:
    """Returns the indices of the entries to compare, the same at every check."""
    count = parameter.numel() if entries is None else min(entries, parameter.numel())
    order = torch.randperm(parameter.numel(), generator=torch.Generator().manual_seed(0))
    return order[:count].to(parameter.device)


def _comparison(name: str, parameter: Tensor, analytic: Tensor, numeric: Tensor, rounding: float) -> Comparison:
    size = torch.maximum(analytic.abs(), numeric.abs())
    largest = float(size.max())
    errors = (analytic - numeric).abs() / size.clamp(min=max(SMALL * largest, rounding))
    return Comparison(name, tuple(parameter.shape), len(analytic), largest, float(errors.max()))
