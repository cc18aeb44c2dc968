import pytest
import torch
from torch import nn

from lightlab.callbacks.warning_signs import (
    dead_units,
    initial_loss,
    saturated_units,
    stuck_units,
    symmetric_units,
    vanishing_gradients,
)


def trained_once(network, inputs, classes=3):
    nn.functional.cross_entropy(network(inputs), torch.arange(len(inputs)) % classes).backward()
    return network


def mlp(activation, *, fill=None):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(4, 8), activation, nn.Linear(8, 8), activation, nn.Linear(8, 3))
    for layer in network:
        if fill is not None and isinstance(layer, nn.Linear):
            nn.init.constant_(layer.weight, fill)
            nn.init.zeros_(layer.bias)
    return network


INPUTS = torch.randn(16, 4, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("loss", "classes"), [(2.303, 10), (2.9, 10), (1.9, 10), (0.69, 2)])
def test_a_first_loss_near_that_of_guessing_is_right(loss, classes):
    assert initial_loss(loss, classes) is None


@pytest.mark.parametrize(("loss", "word"), [(80.0, "scale the inputs"), (0.3, "contains the target")])
def test_a_first_loss_far_from_that_of_guessing_is_named_with_it(loss, word):
    found = initial_loss(loss, 10)
    assert found.name == "initial loss" and "ln 10 = 2.3" in found.line and word in found.line


@pytest.mark.parametrize("fill", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("activation", [nn.Sigmoid(), nn.ReLU()], ids=["sigmoid", "relu"])
def test_units_with_the_same_weights_are_found_but_not_the_output_layers(fill, activation):
    found = symmetric_units(trained_once(mlp(activation, fill=fill), INPUTS))
    assert found.name == "symmetric units" and "all units of 0, 2 are the same" in found.line
    assert "initializer=xavier_uniform" in found.line


def test_units_drawn_at_random_are_not_the_same():
    assert symmetric_units(trained_once(mlp(nn.ReLU()), INPUTS)) is None


def test_softmax_regression_may_start_at_zero():
    network = nn.Sequential(nn.Linear(4, 3))
    nn.init.zeros_(network[0].weight)
    nn.init.zeros_(network[0].bias)
    assert symmetric_units(trained_once(network, INPUTS)) is None


def test_a_gradient_a_thousand_times_smaller_is_named():
    network = nn.Sequential(*[layer for _ in range(8) for layer in (nn.Linear(4, 4), nn.Sigmoid())], nn.Linear(4, 3))
    found = vanishing_gradients(trained_once(network, INPUTS))
    assert found.name == "vanishing gradients" and "the gradient of 0, 2" in found.line and "that of 16" in found.line
    assert vanishing_gradients(trained_once(mlp(nn.ReLU()), INPUTS)) is None


def test_dead_units_are_those_that_no_input_activates():
    values = torch.rand(40, 4)
    values[:, :2] = 0
    found = dead_units({"body.1": ("ReLU", values)})
    assert found.name == "dead units" and "body.1 (2 of 4)" in found.line
    assert dead_units({"body.1": ("ReLU", values[:5])}) is None  # too few rows to tell
    values[0, :2] = 1
    assert dead_units({"body.1": ("ReLU", values)}) is None


def test_a_channel_is_dead_when_no_place_of_any_image_is_active():
    maps = torch.zeros(40, 2, 3, 3)
    assert "(2 of 2)" in dead_units({"features.1": ("ReLU", maps)}).line
    maps[1, :, 2, 2] = 1
    assert dead_units({"features.1": ("ReLU", maps)}) is None


def test_saturated_units_are_at_either_end():
    ends = torch.tensor([[0.001, 0.999, 0.5, 0.0]])
    assert "(75% of its values)" in saturated_units({"a": ("Sigmoid", ends)}).line
    assert saturated_units({"a": ("Sigmoid", ends.clamp(0.02, 0.98))}) is None
    assert saturated_units({"a": ("Tanh", ends - 0.1)}) is None
    assert saturated_units({"a": ("ReLU", ends)}) is None


def test_stuck_units_are_at_the_same_end_whatever_comes_in():
    values = torch.tensor([0.001, 0.999, 0.5, 0.0]).repeat(40, 1)
    found = stuck_units({"a": ("Sigmoid", values)})
    assert found.name == "stuck units" and "a (3 of 4)" in found.line
    assert stuck_units({"a": ("Sigmoid", values[:5])}) is None  # too few rows to tell
    values[::2] = 1 - values[::2]  # units that decide
    assert stuck_units({"a": ("Sigmoid", values)}) is None
    maps = torch.full((40, 2, 3, 3), 0.999)
    assert "(2 of 2)" in stuck_units({"a": ("Tanh", maps)}).line


def test_long_lists_are_cut_short():
    assert "and 2 more" in dead_units({str(name): ("ReLU", torch.zeros(40, 2)) for name in range(5)}).line
