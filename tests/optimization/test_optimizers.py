"""Optimizers that torch lacks: against the papers' formulas, and against torch's own parts."""

import copy

import pytest
import torch
from torch import nn

from lightlab.config.instantiation import factory, instantiate_parts
from lightlab.errors import UsageError
from lightlab.networks.layers import Layers
from lightlab.networks.rnn import RNN
from lightlab.optimization.optimizers import Lion, Muon
from lightlab.spec import Spec
from lightlab.training.building import NETWORK, build_network

STEPS = 30


class Network(nn.Module):
    """A convolution, a hidden layer and a head: a parameter of every kind."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.convolution = nn.Conv2d(2, 4, 3)
        self.hidden = nn.Linear(16, 6)
        self.norm = nn.BatchNorm1d(6)
        self.head = nn.Linear(6, 3)

    def forward(self, images):
        return self.head(self.norm(self.hidden(self.convolution(images).flatten(1))))


def train(network, optimizer, steps=range(STEPS), schedule=None):
    """The loss of each step."""
    losses = []
    for step in steps:
        generator = torch.Generator().manual_seed(step)
        images = torch.randn(8, 2, 4, 4, generator=generator)

        def closure(images=images):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(network(images), images.sum((1, 2, 3)).long() % 3)
            loss.backward()
            return loss

        losses.append(optimizer.step(closure).item())
        if schedule:
            schedule.step()
    return losses


def test_lion_is_the_papers_formula_step_by_step():
    generator = torch.Generator().manual_seed(0)
    w = torch.randn(5, dtype=torch.float64, generator=generator)
    parameter, momentum = nn.Parameter(w.clone()), torch.zeros(5, dtype=torch.float64)
    optimizer = Lion([parameter], lr=0.01, betas=(0.9, 0.99), weight_decay=0.1)
    for _ in range(STEPS):
        g = parameter.grad = torch.randn(5, dtype=torch.float64, generator=generator)
        optimizer.step()
        w = w - 0.01 * ((0.9 * momentum + 0.1 * g).sign() + 0.1 * w)
        momentum = 0.99 * momentum + 0.01 * g
        torch.testing.assert_close(parameter.data, w, rtol=1e-12, atol=1e-12)


def test_lion_without_a_gradient_does_nothing():
    parameter = nn.Parameter(torch.ones(2))
    Lion([parameter], weight_decay=0.1).step()
    assert parameter.tolist() == [1, 1]


@pytest.mark.parametrize("setting", ["lr=-1.0", "weight_decay=-0.1", "betas=[0.9,1.0]"])
def test_lion_refuses_what_it_cannot_use(config, setting):
    key, _, value = setting.partition("=")
    whole = config("optimizer=lion")
    whole["optimizer"][key] = [0.9, 1.0] if key == "betas" else float(value)
    with pytest.raises(UsageError, match=r"optimizer: lr=.*: none may be negative, betas are below 1"):
        factory(whole, "optimizer")([nn.Parameter(torch.ones(1))])


def test_muon_steps_matrices_by_torchs_muon_and_all_others_by_torchs_adamw():
    ours, theirs = Network(), Network()
    muon = Muon(ours.named_parameters(), lr=0.01, weight_decay=0.1)
    matrix = nn.Parameter(theirs.convolution.weight.detach().flatten(1).clone())
    hidden = [matrix, theirs.hidden.weight]
    rest = [each for name, each in theirs.named_parameters() if name not in ("convolution.weight", "hidden.weight")]
    pair = (
        torch.optim.Muon(hidden, lr=0.01, weight_decay=0.1, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(rest, lr=0.01, weight_decay=0.1, fused=True),
    )
    for step in range(STEPS):
        images = torch.randn(8, 2, 4, 4, generator=torch.Generator().manual_seed(step))
        for network in (ours, theirs):
            network.zero_grad()
            network(images).square().sum().backward()
        matrix.grad = theirs.convolution.weight.grad.flatten(1)
        muon.step()
        for optimizer in pair:
            optimizer.step()
        theirs.convolution.weight.data.copy_(matrix.view(4, 2, 3, 3))
        assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), theirs.parameters(), strict=True))


def matrices_of(network):
    """The names of the parameters that Muon steps as matrices."""
    groups = Muon(network.named_parameters()).param_groups
    assert sum(len(group["params"]) for group in groups) == len(list(network.parameters()))
    return [name for group in groups if group["use_muon"] for name in group["param_names"]]


def test_hidden_layers_are_matrices_and_heads_embeddings_norms_and_biases_are_not(config):
    assert matrices_of(Network()) == ["convolution.weight", "hidden.weight"]
    whole = config("task=fashion_lenet", "network=ensemble_mixed", "network.members=2")
    ensemble = build_network(instantiate_parts(whole, NETWORK), Spec("images", (1, 28, 28), 10, "class"))
    assert matrices_of(ensemble) == ["members.0.body.0.weight"]
    whole = config("task=fashion_lenet", "network=resnet", "network.channels=[4,8]")
    names = matrices_of(build_network(instantiate_parts(whole, NETWORK), Spec("images", (1, 28, 28), 10, "class")))
    assert len(names) == 4 and not any("head" in name for name in names)


@pytest.mark.parametrize("tied", [True, False])
def test_a_recurrent_networks_embedding_is_no_matrix(config, tied):
    layers = Layers(*[nn.Linear] * 6, nn.Dropout)
    network = RNN(Spec("text", (4,), 5, "token", vocabulary=tuple("abcde")), layers, nn.ReLU, "gru", 3, 4, 1, tied=tied)
    expected = ["cells.weight_ih_l0", "cells.weight_hh_l0"] + ["projection.weight"] * tied
    assert matrices_of(network) == expected


def test_without_names_every_matrix_counts_as_hidden():
    groups = Muon(Network().parameters()).param_groups
    assert [len(group["params"]) for group in groups] == [3, 5]


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (7, 1, 1, 1), (3,), ()], ids=str)
def test_what_is_no_matrix_is_adamws(shape):
    ours, theirs = (nn.Parameter(torch.ones(shape)) for _ in range(2))
    muon = Muon([("hidden.weight", ours)], lr=0.1)
    adamw = torch.optim.AdamW([theirs], lr=0.1, fused=True)
    for parameter, optimizer in ((ours, muon), (theirs, adamw)):
        for _ in range(3):
            parameter.grad = torch.full(shape, 0.5)
            optimizer.step()
    assert torch.equal(ours, theirs)


@pytest.mark.parametrize("channels", [1, 2])
def test_channels_last_kernels_are_stepped_as_contiguous_ones(channels):
    steps = []
    for memory_format in (torch.contiguous_format, torch.channels_last):
        torch.manual_seed(0)
        layer = nn.Conv2d(channels, 4, 3).to(memory_format=memory_format)
        optimizer = Muon(layer.named_parameters(), lr=0.1)
        layer(torch.ones(2, channels, 5, 5)).square().sum().backward()
        optimizer.step()
        steps.append(layer.weight.detach().clone())
    torch.testing.assert_close(*steps, rtol=1e-2, atol=1e-3)


def test_channels_last_weights_are_stepped_in_place():
    plain, last = Network(), Network().to(memory_format=torch.channels_last)
    for network in (plain, last):
        train(network, Muon(network.named_parameters(), lr=0.01), range(1))
    assert last.convolution.weight.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(list(plain.parameters()), list(last.parameters()), rtol=0.02, atol=1e-4)


@pytest.mark.parametrize("make", [Lion, Muon])
def test_saved_and_restored_it_goes_on_bit_for_bit(make, tmp_path):
    def schedule(optimizer):
        return torch.optim.lr_scheduler.StepLR(optimizer, 7, 0.5)

    whole = Network()
    optimizer = make(whole.named_parameters(), lr=0.01)
    expected = train(whole, optimizer, schedule=schedule(optimizer))

    first = Network()
    optimizer = make(first.named_parameters(), lr=0.01)
    schedule_ = schedule(optimizer)
    before = train(first, optimizer, range(11), schedule_)
    state = {"network": first.state_dict(), "optimizer": optimizer.state_dict(), "schedule": schedule_.state_dict()}
    torch.save(state, tmp_path / "state.ckpt")

    state = torch.load(tmp_path / "state.ckpt", weights_only=True)
    second = Network()
    second.load_state_dict(state["network"])
    optimizer = make(second.named_parameters(), lr=0.7)  # the saved rate wins
    schedule_ = schedule(optimizer)
    optimizer.load_state_dict(state["optimizer"])
    schedule_.load_state_dict(state["schedule"])
    assert before + train(second, optimizer, range(11, STEPS), schedule_) == expected


@pytest.mark.parametrize("make", [Lion, Muon])
def test_it_learns_a_matrix(make):
    torch.manual_seed(0)
    weight, target = nn.Parameter(torch.zeros(6, 4)), torch.randn(6, 4)
    optimizer = make([weight], lr=0.05)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, total_iters=600)
    for _ in range(600):
        optimizer.zero_grad()
        (weight - target).square().sum().backward()
        optimizer.step()
        schedule.step()
    assert float((weight.detach() - target).abs().max()) < 0.01


def test_one_cycle_drives_both_parts_of_muon():
    network = Network()
    optimizer = Muon(network.named_parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=STEPS)
    train(network, optimizer, range(3), schedule)
    rates = {group["lr"] for group in optimizer.param_groups}
    assert len(optimizer.param_groups) == 2 and len(rates) == 1 and rates != {0.1}


def test_a_group_of_its_own_keeps_its_settings():
    network = Network()
    optimizer = Muon(
        [{"params": network.hidden.parameters(), "lr": 0.5}, {"params": network.head.parameters()}], lr=0.1
    )
    assert [(group["lr"], group["use_muon"]) for group in optimizer.param_groups] == [
        (0.5, True),
        (0.5, False),
        (0.1, True),
        (0.1, False),
    ]
    before = copy.deepcopy(network.state_dict())
    train(network, optimizer, range(1))
    assert torch.equal(before["convolution.weight"], network.convolution.weight)
    assert not torch.equal(before["hidden.weight"], network.hidden.weight)
