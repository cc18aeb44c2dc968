"""Each hand-written optimizer against its namesake in torch, or in lightlab.optimization, and by itself."""

import copy
import math

import pytest
import torch
from omegaconf import OmegaConf
from torch import nn, optim
from torch.optim.lr_scheduler import OneCycleLR, StepLR

from lightlab.config.instantiation import factory
from lightlab.errors import UsageError
from lightlab.optimization import optimizers
from lightlab.scratch.optimizers import SGD, AdaDelta, AdaGrad, Adam, AdamW, Lion, Momentum, Muon, Nesterov, RMSProp

COUNTERPARTS = {
    "sgd": (SGD, optim.SGD, {"lr": 0.1}, {}),
    "momentum": (Momentum, optim.SGD, {"lr": 0.05, "momentum": 0.8}, {}),
    "nesterov": (Nesterov, optim.SGD, {"lr": 0.05, "momentum": 0.8}, {"nesterov": True}),
    "adagrad": (AdaGrad, optim.Adagrad, {"lr": 0.2}, {}),
    "adadelta": (AdaDelta, optim.Adadelta, {"lr": 1.0, "rho": 0.8}, {}),
    "rmsprop": (RMSProp, optim.RMSprop, {"lr": 0.01, "alpha": 0.9}, {}),
    "adam": (Adam, optim.Adam, {"lr": 0.02, "betas": (0.8, 0.99)}, {}),
    "adamw": (AdamW, optim.AdamW, {"lr": 0.02, "betas": (0.8, 0.99)}, {}),
    "lion": (Lion, optimizers.Lion, {"lr": 0.01, "betas": (0.8, 0.9)}, {}),
    "muon": (Muon, optimizers.Muon, {"lr": 0.02, "betas": (0.8, 0.99)}, {}),
}
STEPS = 200


@pytest.fixture(params=COUNTERPARTS)
def counterparts(request):
    """Two factories, ours and torch's, of the same settings."""
    ours, theirs, settings, only_theirs = COUNTERPARTS[request.param]
    return (
        lambda parameters, **more: ours(parameters, **settings, **more),
        lambda parameters, **more: theirs(parameters, **settings, **only_theirs, **more),
    )


def weights(dtype=torch.float32):
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(shape, generator=generator, dtype=dtype).requires_grad_() for shape in [(4, 3), (5,), ()]]


def recorded(dtype=torch.float32):
    """Gradients that a run might have met: of every size, some of them 0."""
    generator = torch.Generator().manual_seed(1)
    sizes = 10 ** torch.empty(STEPS, dtype=dtype).uniform_(-4, 1, generator=generator)
    return [[size * torch.randn(w.shape, generator=generator, dtype=dtype).relu() for w in weights()] for size in sizes]


def fed(make, gradients, scheduler=None, dtype=torch.float32, **settings):
    """The weights after each of the recorded gradients."""
    parameters = weights(dtype)
    optimizer = make(parameters, **settings)
    schedule = scheduler(optimizer) if scheduler else None
    path = []
    for step in gradients:
        for parameter, gradient in zip(parameters, step, strict=True):
            parameter.grad = gradient.clone()
        optimizer.step()
        if schedule:
            schedule.step()
        path.append([parameter.detach().clone() for parameter in parameters])
    return path


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-13)])
def test_fed_the_same_gradients_it_is_torchs_step_by_step(counterparts, weight_decay, dtype, tolerance):
    ours, theirs = (fed(make, recorded(dtype), dtype=dtype, weight_decay=weight_decay) for make in counterparts)
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize(
    "scheduler",
    [
        lambda optimizer: StepLR(optimizer, 20, 0.7),
        lambda optimizer: OneCycleLR(
            optimizer,
            0.1,
            STEPS + 1,
            cycle_momentum="betas" in optimizer.defaults or optimizer.defaults.get("momentum", 0) > 0,
        ),
    ],
    ids=["step", "one_cycle"],
)
def test_schedulers_drive_it_as_torchs(counterparts, scheduler):
    ours, theirs = (fed(make, recorded(torch.float64), scheduler, torch.float64) for make in counterparts)
    torch.testing.assert_close(ours[-1], theirs[-1], rtol=1e-12, atol=1e-12)


def test_saved_and_restored_it_goes_on_bit_for_bit(counterparts):
    gradients = recorded()
    whole = fed(counterparts[0], gradients)
    parameters = weights()
    optimizer = counterparts[0](parameters)
    for count, step in enumerate(gradients):
        if count == STEPS // 2:
            parameters = [each.detach().clone().requires_grad_() for each in parameters]
            saved = copy.deepcopy(optimizer.state_dict())
            optimizer = counterparts[0](parameters, weight_decay=0.3)  # the saved settings win
            optimizer.load_state_dict(saved)
        for parameter, gradient in zip(parameters, step, strict=True):
            parameter.grad = gradient.clone()
        optimizer.step()
    assert all(torch.equal(mine, other) for mine, other in zip(parameters, whole[-1], strict=True))


def test_its_state_loads_with_weights_only(counterparts, tmp_path):
    parameters = weights()
    optimizer = counterparts[0](parameters)
    sum(each.sum() for each in parameters).backward()
    optimizer.step()
    torch.save(optimizer.state_dict(), tmp_path / "state.pt")
    torch.load(tmp_path / "state.pt", weights_only=True)


def test_a_closure_is_called_with_gradients_on_and_its_loss_returned(counterparts):
    parameters = weights()
    optimizer = counterparts[0](parameters)

    def closure():
        optimizer.zero_grad()
        loss = sum(each.square().sum() for each in parameters)
        loss.backward()
        return loss

    before = [each.detach().clone() for each in parameters]
    first = optimizer.step(closure)
    assert float(first.detach()) == pytest.approx(sum(float(each.square().sum()) for each in before))
    assert not any(torch.equal(old, new) for old, new in zip(before, parameters, strict=True))


def test_parameters_without_a_gradient_stay(counterparts):
    parameters = weights()
    before = parameters[0].detach().clone()
    parameters[1].grad = torch.ones_like(parameters[1])
    counterparts[0](parameters, weight_decay=0.5).step()
    assert torch.equal(parameters[0], before)


def test_groups_have_their_own_settings(counterparts):
    first, second = weights()[:2]
    optimizer = counterparts[0]([{"params": [first]}, {"params": [second], "lr": 0.0}])
    before = first.detach().clone(), second.detach().clone()
    for each in (first, second):
        each.grad = torch.ones_like(each)
    optimizer.step()
    assert not torch.equal(first, before[0]) and torch.equal(second, before[1])


def bowl(x):
    return 0.05 * x[0] ** 2 + x[1] ** 2


def rosenbrock(x):
    return 0.05 * ((1 - x[0]) ** 2 + 5 * (x[1] - x[0] ** 2) ** 2)


def regression(x):
    generator = torch.Generator().manual_seed(2)
    inputs = torch.randn(50, 2, generator=generator)
    targets = inputs @ torch.tensor([2.0, -3.4]) + 0.1 * torch.randn(50, generator=generator)
    return nn.functional.mse_loss(inputs @ x, targets)


@pytest.mark.parametrize("problem", [bowl, rosenbrock, regression])
def test_it_ends_where_torchs_ends(counterparts, problem):
    ends = []
    for make in counterparts:
        x = torch.tensor([-1.5, 0.5]).requires_grad_()
        optimizer = make([x])
        start = float(problem(x.detach()))
        for _ in range(STEPS):
            optimizer.zero_grad()
            problem(x).backward()
            optimizer.step()
        ends.append(float(problem(x.detach())))
    assert ends[0] < start
    assert ends[0] == pytest.approx(ends[1], rel=1e-3, abs=1e-9)


@pytest.mark.parametrize("name", COUNTERPARTS)
def test_the_config_makes_it_with_its_counterparts_settings(config, name):
    whole = config("task=digits_mlp", f"optimizer=scratch_{name}")
    counterpart = config("task=digits_mlp", f"optimizer={name}")["optimizer"]
    optimizer = factory(whole, "optimizer")(weights())
    assert type(optimizer) is COUNTERPARTS[name][0]
    shared = set(optimizer.defaults) & set(counterpart)
    assert shared == set(optimizer.defaults)
    for key in shared:
        assert optimizer.defaults[key] == (
            tuple(counterpart[key]) if isinstance(counterpart[key], list) else counterpart[key]
        )


def test_a_negative_setting_is_refused(config):
    settings = OmegaConf.create(config("optimizer=scratch_adam")["optimizer"] | {"betas": [-0.1, 0.9]})
    with pytest.raises(UsageError, match=r"betas=\(-0.1, 0.9\): must not be negative"):
        factory({"optimizer": OmegaConf.to_container(settings)}, "optimizer")(weights())


def test_the_first_steps_by_hand():
    """w = 1, gradient 2, lr 0.1."""
    expected = {
        SGD: 1 - 0.2,
        Momentum: 1 - 0.2,
        Nesterov: 1 - 0.1 * (2 + 0.9 * 2),
        AdaGrad: 1 - 0.1,
        AdaDelta: 1 - 0.1 * 2 * math.sqrt(1e-6 / (0.4 + 1e-6)),
        RMSProp: 1 - 0.1 * 2 / math.sqrt(0.04),
        Adam: 1 - 0.1,
        AdamW: (1 - 0.1 * 0.01) - 0.1,
        Lion: 1 - 0.1,
        Muon: (1 - 0.1 * 0.01) - 0.1,  # one number is no matrix
    }
    for kind, after in expected.items():
        w = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
        w.grad = torch.tensor(2.0, dtype=torch.float64)
        kind([w], lr=0.1).step()
        assert w.item() == pytest.approx(after, abs=1e-7), kind
