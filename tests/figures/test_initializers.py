import pytest

from lightlab.config.instantiation import part
from lightlab.errors import UsageError
from lightlab.figures.activations import ACTIVATIONS
from lightlab.figures.initializers import draw_initializers, passage
from lightlab.figures.options import FigureOptions
from lightlab.figures.settings import settings_by_name


def passed(initializer, activation):
    settings = settings_by_name("initializer")[initializer]
    return passage(part({"initializer": settings}, "initializer"), ACTIVATIONS[activation].function)


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
