import pytest
import torch
from torch import nn

from lightlab.config.instantiation import instantiate_parts, part
from lightlab.errors import UsageError
from lightlab.spec import Spec
from lightlab.training.building import NETWORK, build_network, try_out

IMAGES = Spec("images", (1, 28, 28), 10, "class")
COLOURS = Spec("colours", (3, 20, 13), 4, "class")
TABLE = Spec("table", (5,), 1, "number")


@pytest.fixture
def build(config):
    def build(network, spec, *overrides, **sizes):
        whole = config("task=fashion_lenet", f"network={network}", *overrides)
        whole["network"] |= sizes
        return build_network(instantiate_parts(whole, NETWORK), spec)

    return build


def parameters(network):
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize("network", ["linear", "mlp_50", "mlp_50_100", "mlp_256", "mlp_512_512"])
@pytest.mark.parametrize("spec", [IMAGES, COLOURS, TABLE], ids=lambda spec: spec.name)
def test_any_input_is_flattened(build, network, spec):
    assert build(network, spec)(torch.rand(3, *spec.input_shape)).shape == (3, spec.output_size)


@pytest.mark.parametrize(
    ("shape", "classes"), [((1, 28, 28), 10), ((3, 32, 32), 4), ((1, 12, 40), 2), ((2, 13, 15), 3)]
)
def test_lenet_takes_images_of_any_size_from_12x12(build, shape, classes):
    network = build("lenet", Spec("images", shape, classes, "class"))
    assert network(torch.rand(2, *shape)).shape == (2, classes)


def test_lenet_has_61706_weights(build):
    assert parameters(build("lenet", IMAGES)) == 61_706


@pytest.mark.parametrize(("network", "count"), [("linear", 7_850), ("mlp_50", 39_760), ("mlp_512_512", 669_706)])
def test_the_weights_of_the_others(build, network, count):
    assert parameters(build(network, IMAGES)) == count


def test_a_linear_network_is_affine(build):
    network = build("linear", TABLE)
    weight, bias = network.parameters()
    x = torch.randn(4, 5)
    assert torch.allclose(network(x), x @ weight.T + bias)


@pytest.mark.parametrize("shape", [(5,), (784,), (28, 28), (1, 11, 28), (1, 28, 11), (1, 8, 8)])
def test_lenet_refuses_what_is_no_image_or_too_small(build, shape):
    with pytest.raises(UsageError, match=r"lenet takes images .* of at least 12x12, but data few gives") as caught:
        build("lenet", Spec("few", shape, 10, "class"))
    assert str(shape) in str(caught.value)


@pytest.mark.parametrize("channels", [[6], [6, 16, 20]])
def test_lenet_has_two_convolutions(build, channels):
    with pytest.raises(UsageError, match=r"network\.channels=\[6.*lenet has two convolutions"):
        build("lenet", IMAGES, channels=channels)


@pytest.mark.parametrize(
    ("shape", "channels"),
    [((3, 64, 64), [16, 32, 64]), ((1, 28, 28), [4]), ((2, 17, 35), [3, 4, 5, 6]), ((1, 8, 8), [])],
)
def test_the_cnn_takes_images_of_any_size_in_as_many_stages_as_it_has_channels(build, shape, channels):
    network = build("cnn", Spec("images", shape, 5, "class"), channels=channels)
    assert network(torch.rand(2, *shape)).shape == (2, 5)
    assert sum(isinstance(layer, nn.Conv2d) for layer in network.modules()) == len(channels)


@pytest.mark.parametrize(("grid", "count"), [(1, 23_873), (4, 24_833), (8, 27_905), (100, 27_905)])
def test_the_weights_of_the_cnn_by_the_grid_that_its_last_layer_sees(build, grid, count):
    assert parameters(build("cnn", Spec("photos", (3, 64, 64), 1, "number"), grid=grid)) == count


def test_a_grid_of_one_forgets_where_things_are(build):
    photos = torch.zeros(2, 3, 64, 64)
    photos[0, :, 16:24, 16:24] = photos[1, :, 40:48, 40:48] = 1
    for grid, forgotten in ((1, True), (4, False)):
        first, second = build("cnn", Spec("photos", (3, 64, 64), 1, "number"), grid=grid).eval()(photos)
        assert torch.allclose(first, second, atol=1e-6) == forgotten


@pytest.mark.parametrize("shape", [(5,), (28, 28), (3, 7, 64), (3, 64, 7)])
def test_the_cnn_refuses_what_is_no_image_or_too_small(build, shape):
    with pytest.raises(UsageError, match=r"cnn takes images .* of at least 8x8 for its 3 stages, but data few gives"):
        build("cnn", Spec("few", shape, 1, "number"))


@pytest.mark.parametrize(("network", "count"), [("mlp_50_100", 2), ("lenet", 4)])
def test_the_activation_stands_behind_each_hidden_layer_and_not_behind_the_last(build, network, count):
    layers = [layer for layer in build(network, IMAGES, "activation=elu").modules() if not list(layer.children())]
    assert sum(isinstance(layer, nn.ELU) for layer in layers) == count
    assert isinstance(layers[-1], nn.Linear)
    weights = [index for index, layer in enumerate(layers) if isinstance(layer, nn.Linear | nn.Conv2d)]
    assert all(isinstance(layers[index + 1], nn.ELU) for index in weights[:-1])


@pytest.mark.parametrize(("network", "norms"), [("mlp_50_100", 2), ("lenet", 4)])
def test_batch_norm_and_dropout_where_asked_for(build, network, norms):
    plain = list(build(network, IMAGES).modules())
    assert not any(isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d | nn.Dropout) for layer in plain)
    layers = list(build(network, IMAGES, batch_norm=True, dropout=0.3).modules())
    assert sum(isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d) for layer in layers) == norms
    assert [layer.p for layer in layers if isinstance(layer, nn.Dropout)] == [0.3, 0.3]


@pytest.mark.parametrize(("network", "count"), [("mlp_50", 7_850), ("lenet", 2_572 + 4_010)])
def test_no_hidden_layer_is_a_linear_head(build, network, count):
    assert parameters(build(network, IMAGES, hidden=[])) == count


def test_layers_are_the_ones_that_the_config_names(build):
    network = build("lenet", IMAGES, "layers.avg_pool2d._target_=torch.nn.MaxPool2d")
    assert sum(isinstance(layer, nn.MaxPool2d) for layer in network.modules()) == 2
    assert not any(isinstance(layer, nn.AvgPool2d) for layer in network.modules())


def test_an_option_that_a_network_does_not_have_is_a_usage_error(build):
    with pytest.raises(UsageError, match=r"network: .*depth"):
        build("mlp_50", IMAGES, depth=3)


@pytest.mark.parametrize(("network", "sizes"), [("mlp_50_100", {}), ("lenet", {}), ("lenet", {"hidden": []})])
def test_behind_crelu_layers_take_twice_as_many_numbers(build, network, sizes):
    network = build(network, IMAGES, "activation=crelu", batch_norm=True, dropout=0.1, **sizes)
    assert network(torch.rand(3, 1, 28, 28)).shape == (3, 10)


def test_an_activation_that_widens_where_nobody_reckons_with_it_is_refused(build, config, monkeypatch):
    monkeypatch.setattr("lightlab.networks.mlp.widening", lambda activation: 1)
    network = build("mlp_50", IMAGES, "activation=crelu")
    whole = config("task=digits_mlp", "activation=crelu")
    named = r"networks\.mlp\.MLP and activation lightlab\.networks\.layers\.CReLU do not fit .*2x100 and 50x10"
    with pytest.raises(UsageError, match=named):
        try_out(network, part(whole, "activation"), torch.rand(2, 784))
    assert network.training


def test_an_ensemble_gives_every_members_answer_in_training_and_their_mean_after(build):
    network = build("ensemble", TABLE, members=3, dropout=0.0, batch_norm=False)
    x = torch.randn(4, *TABLE.input_shape)
    answers = network(x)
    assert answers.shape == (12, TABLE.output_size)
    assert torch.allclose(network.eval()(x), answers.view(3, 4, -1).mean(0), atol=1e-6)
    assert not torch.allclose(answers[:4], answers[4:8])


def test_a_linear_network_takes_batch_norm_and_dropout_of_its_inputs(build):
    layers = list(build("linear", TABLE, batch_norm=True, dropout=0.5).modules())
    assert sum(isinstance(layer, nn.BatchNorm1d) for layer in layers) == 1
    assert sum(isinstance(layer, nn.Dropout) for layer in layers) == 1
