import pytest
import torch

from lightlab.figures.differences import curve, errors
from lightlab.optimization.differences import central, derivative, forward


def test_the_slope_of_the_tangent():
    assert derivative(curve, 5.0, 1e-4) == pytest.approx(0.2, abs=1e-9)


@pytest.mark.parametrize(
    ("difference", "dtype", "best_step", "least_error"),
    [
        (forward, torch.float32, 3e-4, 1e-5),
        (central, torch.float32, 5e-3, 1e-7),
        (forward, torch.float64, 2e-8, 1e-10),
        (central, torch.float64, 6e-6, 1e-12),
    ],
)
def test_the_error_of_a_difference_is_least_between_truncation_and_rounding(difference, dtype, best_step, least_error):
    steps, error = errors(difference, dtype)
    least = float(error.min())
    step = float(steps[error < 4 * least].log().mean().exp())
    assert best_step / 20 < step < best_step * 20 and least_error / 30 < least < least_error * 30
    assert float(error[-1]) > 0.05 and float(error[0]) > 1e3 * least
