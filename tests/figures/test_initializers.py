from pathlib import Path

import pytest
import torch
import yaml

from lightlab.config.instantiation import part
from lightlab.errors import UsageError
from lightlab.figures.activations import ACTIVATIONS
from lightlab.figures.initializers import INITIALIZERS, draw_initializers, passage
from lightlab.figures.options import FigureOptions

CONF = Path(__file__).parents[2] / "conf"


def test_every_choice_of_the_config_is_drawn():
    assert {path.stem for path in (CONF / "initializer").glob("*.yaml")} == set(INITIALIZERS)


@pytest.mark.parametrize("name", sorted(INITIALIZERS))
def test_the_initializers_have_the_settings_of_the_config(name):
    settings = yaml.safe_load((CONF / "initializer" / f"{name}.yaml").read_text(encoding="utf-8"))
    weights = []
    for fill in (part({"initializer": settings}, "initializer").weight, INITIALIZERS[name]):
        torch.manual_seed(0)
        weights.append(torch.full((20, 20), 0.5))
        if fill is not None:
            with torch.no_grad():
                fill(weights[-1])
    assert torch.equal(*weights)


def passed(initializer, activation):
    return passage(INITIALIZERS[initializer], ACTIVATIONS[activation].function)


def test_small_weights_vanish_and_large_ones_explode():
    vanishing = passed("normal", "tanh")
    assert vanishing.activations[-1] < 1e-6 < 1e-2 < vanishing.activations[0] and vanishing.gradients[0] < 1e-6
    exploding = passed("ones", "relu")
    assert exploding.activations[-1] > 1e10 and exploding.gradients[0] > 1e10 and all(exploding.symmetric)
    assert passed("zeros", "sigmoid").gradients[0] == 0


def test_he_keeps_relu_level():
    steady = passed("kaiming_normal", "relu")
    assert all(0.1 < spread < 10 for spread in steady.activations + steady.gradients) and not any(steady.symmetric)


def test_one_picture_for_each_activation_that_is_named():
    figures = draw_initializers(FigureOptions(activation=["gelu", "step"]), str)
    assert list(figures) == ["initializers-gelu", "initializers-step"]


def test_an_activation_that_is_not_in_the_figure_is_named():
    with pytest.raises(UsageError, match=r"activation=relo: not in this figure; did you mean 'relu'"):
        draw_initializers(FigureOptions(activation=["relo"]), str)
