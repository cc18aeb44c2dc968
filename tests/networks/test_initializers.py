import copy
import math
from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf
from torch import nn

from lightlab.config.instantiation import part
from lightlab.networks.initializers import Initializer

CONF = Path(__file__).parents[2] / "conf" / "initializer"
NAMES = sorted(path.stem for path in CONF.glob("*.yaml"))


def settings(name):
    return OmegaConf.to_container(OmegaConf.load(CONF / f"{name}.yaml"))


def initialized(name, layer):
    torch.manual_seed(0)
    part({"initializer": settings(name)}, "initializer")(layer)
    return layer.weight.detach()


FAN_IN, FAN_OUT = 300, 400


@pytest.mark.parametrize(
    ("name", "variance"),
    [
        ("xavier_normal", 2 / (FAN_IN + FAN_OUT)),
        ("xavier_uniform", 2 / (FAN_IN + FAN_OUT)),
        ("kaiming_normal", 2 / FAN_IN),
        ("kaiming_uniform", 2 / FAN_IN),
        ("normal", 0.01**2),
        ("uniform", 0.2**2 / 12),
        ("truncated_normal", (0.8796 * 0.02) ** 2),  # of a normal cut off at two deviations
    ],
)
def test_mean_and_variance(name, variance):
    weight = initialized(name, nn.Linear(FAN_IN, FAN_OUT))  # (400, 300)
    assert float(weight.var()) == pytest.approx(variance, rel=0.02)
    assert abs(float(weight.mean())) < 4 * math.sqrt(variance / weight.numel())


@pytest.mark.parametrize(
    ("name", "bound"),
    [
        ("xavier_uniform", math.sqrt(6 / (FAN_IN + FAN_OUT))),
        ("kaiming_uniform", math.sqrt(6 / FAN_IN)),
        ("uniform", 0.1),
        ("truncated_normal", 0.04),
    ],
)
def test_bounds_are_kept_and_reached(name, bound):
    largest = float(initialized(name, nn.Linear(FAN_IN, FAN_OUT)).abs().max())
    assert 0.99 * bound < largest <= bound + 1e-7


@pytest.mark.parametrize(("name", "fan"), [("kaiming_normal", 16 * 25), ("xavier_normal", (16 + 200) * 25 / 2)])
def test_the_fan_of_a_convolution_counts_its_kernel(name, fan):
    weight = initialized(name, nn.Conv2d(16, 200, 5))
    assert float(weight.var()) == pytest.approx((2 if "kaiming" in name else 1) / fan, rel=0.03)


@pytest.mark.parametrize(("name", "value"), [("zeros", 0.0), ("ones", 1.0), ("constant", 0.1)])
@pytest.mark.parametrize("layer", [nn.Linear(3, 4), nn.Conv2d(2, 3, 3)])
def test_one_value(name, value, layer):
    weight = initialized(name, copy.deepcopy(layer))
    assert torch.equal(weight, torch.full_like(weight, value))


def test_orthogonal_columns_and_rows():
    tall = initialized("orthogonal", nn.Linear(FAN_IN, FAN_OUT))
    assert torch.allclose(tall.T @ tall, torch.eye(FAN_IN), atol=1e-4)
    flat = initialized("orthogonal", nn.Conv2d(4, 8, 3)).flatten(1)  # (8, 36)
    assert torch.allclose(flat @ flat.T, torch.eye(8), atol=1e-5)


def test_identity_passes_a_vector_and_an_image_through():
    vector, image = torch.randn(2, 5), torch.randn(2, 3, 6, 6)
    linear, convolution = nn.Linear(5, 5), nn.Conv2d(3, 3, 3, padding=1)
    initialized("identity", linear)
    initialized("identity", convolution)
    assert torch.equal(linear(vector), vector)
    assert torch.allclose(convolution(image), image, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_biases_are_as_configured(name):
    torch.manual_seed(0)
    linear, convolution = nn.Linear(4, 4), nn.Conv2d(2, 2, 3)
    before = [layer.bias.detach().clone() for layer in (linear, convolution)]
    bias = settings(name)["bias"]
    for layer, own in zip((linear, convolution), before, strict=True):
        initialized(name, layer)
        assert torch.equal(layer.bias, own if bias is None else torch.full_like(own, bias))


def test_a_bias_of_another_number_and_null():
    layer = nn.Linear(3, 2)
    Initializer(bias=0.5)(layer)
    assert layer.bias.tolist() == [0.5, 0.5]
    Initializer(weight=nn.init.zeros_, bias=None)(layer)
    assert layer.bias.tolist() == [0.5, 0.5] and not layer.weight.any()


@pytest.mark.parametrize("name", NAMES)
def test_norm_layers_keep_their_ones_and_zeros(name):
    norms = nn.Sequential(nn.BatchNorm1d(3), nn.BatchNorm2d(3), nn.LayerNorm((3, 2)), nn.GroupNorm(1, 3))
    before = copy.deepcopy(norms.state_dict())
    part({"initializer": settings(name)}, "initializer")(norms)
    assert all(torch.equal(value, before[key]) for key, value in norms.state_dict().items())


def test_default_leaves_every_weight():
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(8, 3))
    before = copy.deepcopy(network.state_dict())
    part({"initializer": settings("default")}, "initializer")(network)
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


def test_layers_inside_layers_and_recurrent_weights_are_reached():
    network = nn.Sequential(nn.Sequential(nn.Linear(2, 2)), nn.RNN(2, 3))
    Initializer(weight=nn.init.ones_, bias=0.0)(network)
    assert all(bool((each == (1.0 if each.ndim > 1 else 0.0)).all()) for each in network.parameters())


def test_weights_that_the_network_brought_or_that_do_not_learn_stay():
    network = nn.Sequential(nn.Sequential(nn.Linear(3, 3)), nn.Linear(3, 3), nn.Linear(3, 3))
    network[0].pretrained = True
    network[1].weight.requires_grad_(False)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    Initializer(nn.init.ones_, bias=7.0)(network)
    after = network.state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"1.bias", "2.weight", "2.bias"}
