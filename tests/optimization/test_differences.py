import math

import pytest
import torch
from torch import nn

from lightlab.errors import UsageError
from lightlab.optimization.differences import backward, central, derivative, forward, jacobian


def parabola(x):
    return 0.01 * x**2 + 0.1 * x


@pytest.mark.parametrize("difference", [forward, backward, central])
def test_the_tangent_of_a_parabola(difference):
    assert derivative(parabola, 5.0, difference=difference) == pytest.approx(0.2, abs=1.1e-6)
    assert derivative(parabola, 5.0, h=-1e-4, difference=difference) == pytest.approx(0.2, abs=1.1e-6)


def test_the_derivative_at_each_number_of_a_tensor():
    x = torch.linspace(-2, 2, 9, dtype=torch.float64)
    assert torch.allclose(derivative(torch.sin, x), x.cos(), atol=1e-8)


@pytest.mark.parametrize(("difference", "order"), [(forward, 1), (backward, 1), (central, 2)])
def test_truncation_falls_with_the_power_of_h(difference, order):
    errors = [abs(derivative(math.exp, 1.0, h, difference) - math.e) for h in (1e-2, 1e-3)]
    assert math.log10(errors[0] / errors[1]) == pytest.approx(order, abs=0.02)


def test_below_some_h_rounding_makes_it_worse():
    errors = {h: abs(derivative(math.exp, 1.0, h) - math.e) for h in (1e-2, 1e-5, 1e-12)}
    assert errors[1e-5] < errors[1e-2] and errors[1e-5] < errors[1e-12]


def test_a_gradient_is_autograds():
    x = torch.randn(3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))

    def f(x):
        return (x.sin() * x[0]).sum()

    (expected,) = torch.autograd.grad(f(leaf := x.clone().requires_grad_()), leaf)
    assert torch.allclose(jacobian(f, x), expected, atol=1e-8)
    chosen = torch.tensor([7, 0])
    assert torch.allclose(jacobian(f, x, entries=chosen), expected.flatten()[chosen], atol=1e-8)


def test_the_jacobian_of_a_network():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2)).double()
    x = torch.randn(4, 3, dtype=torch.float64)
    expected = torch.autograd.functional.jacobian(network, x)
    matrix = jacobian(network, x)
    assert matrix.shape == (4, 2, 4, 3)
    assert torch.allclose(matrix, expected, atol=1e-8)


def test_more_numbers_than_fit_at_once_are_taken_in_parts(monkeypatch):
    monkeypatch.setattr("lightlab.optimization.differences.MOST_NUMBERS", 20)
    x = torch.arange(9.0, dtype=torch.float64)
    assert torch.allclose(jacobian(lambda x: (x**2).sum(), x), 2 * x, atol=1e-8)


@pytest.mark.parametrize("h", [0, 0.0, math.nan, math.inf])
def test_a_step_of_0_is_refused(h):
    with pytest.raises(UsageError, match=f"h={h}: a difference needs a step other than 0, such as h=1e-4"):
        derivative(parabola, 5.0, h)


def test_a_step_that_rounding_swallows_is_refused():
    with pytest.raises(UsageError, match="h=1e-09: x \\+ h is x at x = 5 in float32; use a larger h"):
        jacobian(lambda x: (x**2).sum(), torch.tensor([0.0, 5.0]), h=1e-9)
