import math

import pytest
import torch

from lightlab.surfaces.functions import Beale, Bowl, Himmelblau, Ravine, Rosenbrock, Saddle, Surface

SURFACES = [Bowl(), Bowl(0.05, 1.0), Ravine(), Saddle(), Rosenbrock(), Beale(), Himmelblau()]
names = [f"{type(each).__name__}-{index}" for index, each in enumerate(SURFACES)]


def height(surface: Surface, x: float, y: float) -> float:
    return float(surface(torch.tensor([[x, y]], dtype=torch.float64)))


@pytest.mark.parametrize("surface", SURFACES, ids=names)
def test_minima_are_flat_and_lower_than_all_around(surface):
    for minimum in surface.minima:
        point = torch.tensor([minimum], dtype=torch.float64, requires_grad=True)
        surface(point).backward()
        assert point.grad.abs().max() < 1e-3
        around = [(minimum[0] + 0.1 * math.cos(angle), minimum[1] + 0.1 * math.sin(angle)) for angle in range(8)]
        assert all(height(surface, *place) > height(surface, *minimum) for place in around)


@pytest.mark.parametrize("surface", SURFACES, ids=names)
def test_minima_lie_in_the_window(surface):
    left, right, bottom, top = surface.window
    assert all(left < x < right and bottom < y < top for x, y in surface.minima)


@pytest.mark.parametrize(
    ("surface", "point", "expected"),
    [
        (Bowl(0.05, 1.0), (-7, 2), 0.05 * 49 + 4),
        (Bowl(), (-3, 4), 25),
        (Ravine(), (3, 1), 16 / 100 + 4),
        (Saddle(), (0, 0), 0),
        (Saddle(), (0, 2**0.5), -1),
        (Rosenbrock(), (-1.2, 1), 24.2),
        (Beale(), (1, 1), 1.5**2 + 2.25**2 + 2.625**2),
        (Himmelblau(), (0, 0), 170),
    ],
)
def test_known_heights(surface, point, expected):
    assert height(surface, *point) == pytest.approx(expected)


def test_the_loss_of_several_points_is_their_mean_height():
    assert float(Bowl()(torch.tensor([[1.0, 0.0], [0.0, 3.0]]))) == 5.0


def test_formulas_say_the_factors():
    assert (Bowl().formula, Bowl(0.05, 1.0).formula, Bowl(2, 3).formula) == ("x² + y²", "0.05·x² + y²", "2·x² + 3·y²")
