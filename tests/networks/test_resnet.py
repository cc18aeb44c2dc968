import pytest
import torch
from torch import nn

from lightlab.config.instantiation import call, instantiate_parts
from lightlab.errors import UsageError
from lightlab.networks.resnet import Residual
from lightlab.spec import Spec
from lightlab.training.building import NETWORK, build_network

IMAGES = Spec("images", (1, 28, 28), 10, "class")


@pytest.fixture
def build(config):
    def build(*overrides, spec=IMAGES):
        torch.manual_seed(0)
        whole = config(
            "task=fashion_lenet", "activation=relu", "network=resnet", "initializer=kaiming_normal", *overrides
        )
        network = build_network(instantiate_parts(whole, NETWORK), spec)
        call(whole, "initializer")(network)
        return network

    return build


def count(network, kind):
    return sum(isinstance(layer, kind) for layer in network.modules())


@pytest.mark.parametrize("size", [(1, 28, 28), (3, 64, 64), (3, 33, 20), (2, 8, 8)], ids=str)
def test_images_of_any_size_from_8x8(build, size):
    network = build(spec=Spec("images", size, 4, "class"))
    assert network(torch.rand(2, *size)).shape == (2, 4)


def test_the_weights_do_not_depend_on_the_images_size(build):
    small, large = build(), build(spec=Spec("images", (1, 64, 64), 10, "class"))
    assert sum(each.numel() for each in small.parameters()) == sum(each.numel() for each in large.parameters())


@pytest.mark.parametrize("shape", [(5,), (28, 28), (1, 7, 28), (3, 28, 7)], ids=str)
def test_what_is_no_image_or_too_small_is_refused(build, shape):
    with pytest.raises(
        UsageError, match=r"network resnet takes images .* of at least 8x8, but data few gives"
    ) as caught:
        build(spec=Spec("few", shape, 10, "class"))
    assert str(shape) in str(caught.value)


@pytest.mark.parametrize(("channels", "blocks"), [([4], 1), ([4, 6], 3), ([4, 6, 8, 8], 2)])
def test_as_many_stages_as_channels_behind_the_first(build, channels, blocks):
    network = build(f"network.channels={channels}", f"network.blocks={blocks}")
    stages = len(channels) - 1
    assert count(network, nn.MaxPool2d) == stages and count(network, Residual) == stages * blocks
    assert network.head.in_features == channels[-1]
    assert network(torch.rand(2, 1, 28, 28)).shape == (2, 10)


def test_each_convolution_has_its_batch_norm_and_then_no_bias(build):
    layers = [layer for layer in build().modules() if isinstance(layer, nn.Conv2d | nn.BatchNorm2d)]
    assert [type(layer) for layer in layers] == [nn.Conv2d, nn.BatchNorm2d] * 10
    assert all(layer.bias is None for layer in layers[::2])


def test_without_batch_norm_a_block_begins_as_the_identity(build):
    network = build("network.batch_norm=false")
    assert count(network, nn.BatchNorm2d) == 0
    block = next(layer for layer in network.modules() if isinstance(layer, Residual))
    x = torch.rand(2, 48, 5, 5)
    assert torch.equal(block(x), x)


@pytest.mark.parametrize("batch_norm", ["true", "false"])
def test_it_learns_with_and_without_batch_norm(build, batch_norm):
    network = build(f"network.batch_norm={batch_norm}", "network.channels=[8,8,16]", "network.blocks=2")
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    images, labels = torch.rand(32, 1, 12, 12), torch.arange(32) % 2
    images[labels == 1, :, 6:] = 0  # the lower half is black
    losses = []
    for _ in range(40):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(network(images), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.1 < losses[0]


def test_every_weight_is_reached_by_a_gradient_once_the_blocks_have_begun_to_learn(build):
    network = build("network.batch_norm=false")
    with torch.no_grad():
        for layer in network.modules():
            if isinstance(layer, Residual):
                layer.scale.fill_(0.5)
    network(torch.rand(4, 1, 28, 28)).square().sum().backward()
    assert all(bool(each.grad.any()) for each in network.parameters())


def test_dropout_stands_before_the_last_layer(build):
    assert count(build(), nn.Dropout) == 0
    network = build("network.dropout=0.4")
    assert network.dropout.p == 0.4
    x = torch.rand(3, 1, 28, 28)
    assert not torch.equal(network(x), network(x))
    network.eval()
    assert torch.equal(network(x), network(x))


def test_the_activation_and_the_layers_are_the_ones_that_the_config_names(build):
    network = build("activation=silu", "layers.max_pool2d._target_=torch.nn.AvgPool2d")
    assert count(network, nn.SiLU) == 10 and count(network, nn.ReLU) == 0
    assert count(network, nn.AvgPool2d) == 3 and count(network, nn.MaxPool2d) == 0
