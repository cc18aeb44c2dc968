"""Each hand-written layer against its namesake in torch, and its backward pass against differences."""

import pytest
import torch
from torch import nn
from torch.autograd import gradcheck
from torch.func import functional_call, vmap

from lightlab.errors import UsageError
from lightlab.modules import losses
from lightlab.scratch.activations import ReLU, Sigmoid, Tanh
from lightlab.scratch.convolution import AvgPool2d, Conv2d, MaxPool2d
from lightlab.scratch.layers import BatchNorm1d, BatchNorm2d, Dropout, Linear
from lightlab.scratch.losses import BCEWithLogitsLoss, CrossEntropyLoss, LogRMSELoss, MSELoss, SmoothL1Loss
from lightlab.scratch.rnn import RNNCell

IMAGES = (2, 3, 7, 6)
LAYERS = [
    (Linear, {"in_features": 4, "out_features": 3}, [(5, 4)]),
    (Linear, {"in_features": 4, "out_features": 3, "bias": False}, [(2, 5, 4)]),
    (Linear, {"in_features": 4, "out_features": 3}, [(4,)]),
    (ReLU, {}, [(5, 4)]),
    (Sigmoid, {}, [(2, 3, 4)]),
    (Tanh, {}, [(5, 4)]),
    (BatchNorm1d, {"num_features": 4}, [(5, 4)]),
    (BatchNorm1d, {"num_features": 3, "affine": False}, [(5, 3, 2)]),
    (BatchNorm2d, {"num_features": 3}, [IMAGES]),
    (BatchNorm2d, {"num_features": 3, "momentum": None}, [IMAGES]),
    (BatchNorm2d, {"num_features": 3, "track_running_stats": False}, [IMAGES]),
    (Dropout, {"p": 0.4}, [(50, 4)]),
    (Dropout, {"p": 1.0}, [(5, 4)]),
    (Conv2d, {"in_channels": 3, "out_channels": 4, "kernel_size": 3}, [IMAGES]),
    (Conv2d, {"in_channels": 3, "out_channels": 2, "kernel_size": (3, 2), "stride": 2, "padding": (1, 2)}, [IMAGES]),
    (Conv2d, {"in_channels": 3, "out_channels": 2, "kernel_size": 1, "stride": 3, "bias": False}, [IMAGES]),
    (MaxPool2d, {"kernel_size": 2}, [IMAGES]),
    (MaxPool2d, {"kernel_size": 3, "stride": 2, "padding": 1}, [IMAGES]),
    (AvgPool2d, {"kernel_size": 2, "stride": 2}, [IMAGES]),
    (AvgPool2d, {"kernel_size": (3, 2), "stride": 1, "padding": 1}, [IMAGES]),
    (RNNCell, {"input_size": 4, "hidden_size": 3}, [(5, 4), (5, 3)]),
    (RNNCell, {"input_size": 4, "hidden_size": 3, "bias": False}, [(5, 4)]),
]


def name(value):
    return value.__name__ if isinstance(value, type) else None


@pytest.fixture(params=LAYERS, ids=[f"{kind.__name__}-{index}" for index, (kind, *_) in enumerate(LAYERS)])
def counterparts(request):
    """A layer, torch's, each made from the same seed, and inputs."""
    kind, options, shapes = request.param
    made = []
    for each in (kind, getattr(nn, kind.__name__)):
        torch.manual_seed(1)
        made.append(each(**options))
    torch.manual_seed(2)
    return *made, [torch.randn(shape) for shape in shapes]


def output_and_gradients(layer, inputs):
    inputs = [each.clone().requires_grad_() for each in inputs]
    torch.manual_seed(3)
    output = layer(*inputs)
    (output * torch.linspace(-1, 2, output.numel()).view_as(output)).sum().backward()
    return [output.detach(), *(each.grad for each in [*inputs, *layer.parameters()])]


def same(ours, theirs, **tolerance):
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other, **tolerance)


def test_first_weights_are_torchs(counterparts):
    ours, theirs, _ = counterparts
    assert list(ours.state_dict()) == list(theirs.state_dict())
    same(ours.state_dict().values(), theirs.state_dict().values(), rtol=0, atol=0)


@pytest.mark.parametrize("training", [True, False])
def test_outputs_gradients_and_statistics_are_torchs(counterparts, training):
    ours, theirs, inputs = counterparts
    for layer in (ours, theirs):
        layer.train(training)
    for _ in range(3):
        same(output_and_gradients(ours, inputs), output_and_gradients(theirs, inputs), rtol=1e-5, atol=1e-5)
    same(ours.buffers(), theirs.buffers(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("training", [True, False])
def test_gradcheck_in_float64(counterparts, training):
    layer, _, inputs = counterparts
    layer.double().train(training)
    parameters = dict(layer.named_parameters())

    def run(*values):
        torch.manual_seed(3)  # dropout drops the same each time
        state = dict(zip(parameters, values[len(inputs) :], strict=True))
        return functional_call(layer, state, values[: len(inputs)])

    values = [each.double().requires_grad_() for each in inputs] + list(parameters.values())
    assert gradcheck(run, values)


def test_vmap_maps_each(counterparts):
    layer, _, inputs = counterparts
    layer.eval()
    several = [torch.stack([each, -each]) for each in inputs]
    same(vmap(layer)(*several), [layer(*each) for each in zip(*several, strict=True)])


def test_under_autocast_they_compute_in_single_precision(counterparts):
    layer, _, inputs = counterparts
    layer.eval()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output = layer(*(each.bfloat16() for each in inputs))
        if not isinstance(layer, Dropout):
            assert output.dtype == torch.float32
    single = layer(*(each.bfloat16().float() for each in inputs))
    torch.testing.assert_close(output.float(), single)


@pytest.mark.parametrize("x", [-1e4, -89.0, -1e-7, 0.0, 1e-7, 89.0, 1e4])
@pytest.mark.parametrize("kind", [Sigmoid, Tanh])
def test_far_from_zero_and_near_it_activations_are_exact(kind, x):
    x = torch.tensor([x])
    torch.testing.assert_close(kind()(x), getattr(nn, kind.__name__)()(x), rtol=1e-6, atol=1e-30)


LOGITS, LABELS = torch.randn(6, 5, generator=torch.Generator().manual_seed(0)), torch.tensor([0, 4, 2, 2, 1, 3])
SHARES = torch.rand(6, 5, generator=torch.Generator().manual_seed(1))
ONE_HOT = nn.functional.one_hot(LABELS, 5).float()
LOSSES = [
    *((CrossEntropyLoss, {}, LOGITS, targets) for targets in (LABELS, ONE_HOT, SHARES, SHARES.softmax(1))),
    *((CrossEntropyLoss, {"label_smoothing": 0.1}, LOGITS, targets) for targets in (LABELS, ONE_HOT, SHARES)),
    (CrossEntropyLoss, {"reduction": "sum", "label_smoothing": 1.0}, LOGITS, LABELS),
    (CrossEntropyLoss, {"label_smoothing": 0.2}, LOGITS.view(2, 3, 5).mT, LABELS.view(2, 3)),
    (CrossEntropyLoss, {}, LOGITS.view(2, 3, 5).mT, SHARES.view(2, 3, 5).mT),
    (CrossEntropyLoss, {}, 1e4 * LOGITS, LABELS),
    *((MSELoss, {"reduction": reduction}, LOGITS, SHARES) for reduction in ("mean", "sum")),
    *((BCEWithLogitsLoss, {"reduction": reduction}, LOGITS, SHARES) for reduction in ("mean", "sum")),
    (BCEWithLogitsLoss, {}, 1e3 * LOGITS, ONE_HOT),
    *((SmoothL1Loss, {"reduction": reduction, "beta": 0.5}, LOGITS, SHARES) for reduction in ("mean", "sum")),
    *((SmoothL1Loss, {"beta": beta}, LOGITS, SHARES) for beta in (0.0, 1.0, 9.0)),
    (LogRMSELoss, {}, LOGITS.exp(), 1 + SHARES),
    (LogRMSELoss, {}, 1e5 * (1 + SHARES), 2e5 * (1 + SHARES.square())),
]


@pytest.mark.parametrize(("kind", "options", "outputs", "targets"), LOSSES)
def test_losses_are_torchs(kind, options, outputs, targets):
    ours, theirs = kind(**options), getattr(nn, kind.__name__, losses.LogRMSELoss)(**options)
    same(loss_and_gradient(ours, outputs, targets), loss_and_gradient(theirs, outputs, targets), rtol=2e-6, atol=1e-6)


def loss_and_gradient(criterion, outputs, targets):
    outputs = outputs.clone().requires_grad_()
    loss = 3 * criterion(outputs, targets)
    loss.backward()
    return loss.detach(), outputs.grad


@pytest.mark.parametrize(("kind", "options", "outputs", "targets"), LOSSES)
def test_gradcheck_of_losses_in_float64(kind, options, outputs, targets):
    outputs = (2.5 * outputs / outputs.abs().max()).double().requires_grad_()
    targets = targets.double().requires_grad_() if targets.is_floating_point() else targets
    assert gradcheck(kind(**options), [outputs, targets])


@pytest.mark.parametrize(
    ("layer", "shapes", "named"),
    [
        (Linear(4, 3), [(5, 3)], [(5, 3), (3, 4)]),
        (Conv2d(3, 2, 5), [(2, 1, 8, 8)], [(2, 1, 8, 8), (2, 3, 5, 5)]),
        (Conv2d(3, 2, 5), [(2, 3, 4, 8)], [(2, 3, 4, 8), (5, 5)]),
        (MaxPool2d(3), [(2, 2)], [(2, 2), (3, 3)]),
        (AvgPool2d(3), [(1, 1, 2, 9)], [(1, 1, 2, 9), (3, 3)]),
        (BatchNorm1d(4), [(5, 3)], [(5, 3), (4,)]),
        (BatchNorm2d(4), [(5, 4)], [(5, 4)]),
        (BatchNorm1d(4), [(1, 4)], [(1, 4)]),
        (RNNCell(4, 3), [(5, 3)], [(5, 3), (3, 4)]),
        (RNNCell(4, 3), [(5, 4), (2, 3)], [(5, 4), (2, 3)]),
        (MSELoss(), [(5, 1), (5,)], [(5, 1), (5,)]),
        (SmoothL1Loss(), [(5, 1), (5,)], [(5, 1), (5,)]),
        (LogRMSELoss(), [(5, 1), (5,)], [(5, 1), (5,)]),
        (BCEWithLogitsLoss(), [(5, 1), (5,)], [(5, 1), (5,)]),
        (CrossEntropyLoss(), [(5, 3), (5, 2)], [(5, 3), (5, 2)]),
    ],
)
def test_shapes_that_do_not_fit_are_both_named(layer, shapes, named):
    with pytest.raises(UsageError) as caught:
        layer(*(torch.rand(shape) for shape in shapes))
    assert all(str(shape) in str(caught.value) for shape in named)


def test_labels_that_do_not_fit_are_named():
    with pytest.raises(UsageError, match=r"shape \(6, 5\) does not fit labels of shape \(3,\)"):
        CrossEntropyLoss()(LOGITS, LABELS[:3])
    with pytest.raises(UsageError, match="label 9 is not one of 5 classes, 0 to 4"):
        CrossEntropyLoss()(LOGITS, LABELS + 5 * (LABELS == 4))


@pytest.mark.parametrize(
    ("kind", "options", "named"),
    [
        (Conv2d, {"in_channels": 2, "out_channels": 2, "kernel_size": 3, "groups": 2}, "groups=2"),
        (Conv2d, {"in_channels": 2, "out_channels": 2, "kernel_size": 3, "dilation": 2}, r"dilation=\(2, 2\)"),
        (Conv2d, {"in_channels": 2, "out_channels": 2, "kernel_size": 3, "padding": "same"}, "padding='same'"),
        (MaxPool2d, {"kernel_size": 2, "ceil_mode": True}, "ceil_mode=True"),
        (AvgPool2d, {"kernel_size": 2, "count_include_pad": False}, "count_include_pad=False"),
        (RNNCell, {"input_size": 2, "hidden_size": 2, "nonlinearity": "relu"}, "nonlinearity='relu'"),
        (CrossEntropyLoss, {"weight": torch.ones(3)}, "weight="),
        (CrossEntropyLoss, {"reduction": "none"}, "reduction='none'"),
        (MSELoss, {"reduction": "none"}, "reduction='none'"),
        (SmoothL1Loss, {"reduction": "none"}, "reduction='none'"),
    ],
)
def test_an_option_that_is_not_written_out_is_refused(kind, options, named):
    with pytest.raises(UsageError, match=f"{kind.__name__} written by hand does not support {named}"):
        kind(**options)
