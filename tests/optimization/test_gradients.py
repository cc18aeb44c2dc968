import pytest
import torch
from torch import nn

from lightlab.config.schema import check
from lightlab.errors import UsageError
from lightlab.optimization.differences import backward, forward
from lightlab.optimization.gradient_check import Check, compare
from lightlab.optimization.gradients import numerical
from lightlab.scratch import activations, layers
from lightlab.spec import Spec

BATCH = torch.randn(6, 4, generator=torch.Generator().manual_seed(0)), torch.randn(6, 1)


def network(home):
    torch.manual_seed(0)
    body = [home["Linear"](4, 5), home["BatchNorm1d"](5), home["Sigmoid"](), home["Dropout"](0.5)]
    return nn.Sequential(*body, home["Linear"](5, 1))


HOMES = {"torch": vars(nn), "hand": vars(activations) | vars(layers)}


@pytest.fixture(params=HOMES)
def learner(request):
    from lightlab.modules.regression import Regression

    return Regression(
        network=network(HOMES[request.param]), spec=Spec("toy", (4,), 1, "number"), criterion=nn.MSELoss()
    )


def gradients(learner, gradient):
    learner.zero_grad()
    learner.gradient = gradient
    loss = learner.training_step(BATCH, 0)
    torch.manual_seed(1)
    learner.backward(loss)
    return [parameter.grad.clone() for parameter in learner.parameters()]


def by_rules(loss, compute_loss, network):
    compute_loss().backward()


@pytest.mark.parametrize("options", [{}, {"difference": forward, "h": 1e-7}, {"difference": backward, "h": 1e-7}])
def test_differences_give_backpropagations_gradient(learner, options):
    expected = gradients(learner, by_rules)
    found = gradients(learner, lambda *given: numerical(*given, **options))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)


def test_evaluations_leave_running_statistics_alone_and_draw_one_mask(learner):
    loss = learner.training_step(BATCH, 0)
    learner.gradient = numerical
    statistics = [buffer.clone() for buffer in learner.network.buffers()]
    state = torch.get_rng_state()
    learner.backward(loss)
    assert all(torch.equal(a, b) for a, b in zip(statistics, learner.network.buffers(), strict=True))
    once_more = torch.get_rng_state()
    torch.set_rng_state(state)
    learner.network[3](torch.zeros(6, 5, dtype=torch.float64))
    assert torch.equal(torch.get_rng_state(), once_more)
    learner.training_step(BATCH, 0)
    assert int(learner.network[1].num_batches_tracked) == 2


def test_differences_are_added_to_what_is_there(learner):
    once = gradients(learner, numerical)
    torch.manual_seed(1)
    learner.backward(learner._loss(BATCH))
    twice = [parameter.grad for parameter in learner.parameters()]
    assert any(not torch.equal(a, b) for a, b in zip(once, twice, strict=True))


def test_where_gradients_accumulate_each_batch_gives_its_share(learner, monkeypatch):
    whole = gradients(learner, numerical)
    monkeypatch.setattr(learner, "batches_per_step", 4)
    torch.testing.assert_close(gradients(learner, numerical), [each / 4 for each in whole], rtol=1e-4, atol=1e-7)


def test_frozen_weights_get_no_gradient(learner):
    learner.network[0].weight.requires_grad_(False)
    learner.gradient = numerical
    learner.backward(learner.training_step(BATCH, 0))
    assert learner.network[0].weight.grad is None and learner.network[0].bias.grad is not None


class WrongSigmoid(activations.Squash):
    @staticmethod
    def backward(ctx, grad):
        return 1.01 * activations.Squash.backward(ctx, grad)


def test_a_wrong_backward_pass_is_found_in_the_layers_before_it(learner, capsys, monkeypatch):
    monkeypatch.setattr(learner.network[2], "forward", WrongSigmoid.apply)
    learner.gradient = Check(every=1, h=1e-5, entries=None, tolerance=1e-4)
    learner.backward(learner.training_step(BATCH, 0))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if line.endswith("DIFFERS")] == ["0.weight", "1.weight", "1.bias"]
    assert [line.split()[0] for line in lines if line.endswith("agrees")] == ["0.bias", "4.weight", "4.bias"]
    assert lines[-1].endswith("differ in 0.weight, 1.weight, 1.bias")


def test_the_comparison_says_how_much_was_compared(learner):
    learner.training_step(BATCH, 0)
    found = compare(learner._loss_again, learner.network, 1e-5, entries=7)
    assert [(each.name, each.shape, each.checked) for each in found[:2]] == [
        ("0.weight", (5, 4), 7),
        ("0.bias", (5,), 5),
    ]
    assert max(each.error for each in found) < 1e-4
    assert [each.checked for each in compare(learner._loss_again, learner.network, 1e-5)] == [20, 5, 5, 5, 5, 1]


def test_a_gradient_that_is_no_number_does_not_agree(learner):
    learner.training_step(BATCH, 0)
    learner.network[4].bias.data.fill_(float("nan"))
    table = Check(1, 1e-5, None, 1e-4).table(compare(learner._loss_again, learner.network, 1e-5))
    assert "agrees" not in table


@pytest.mark.parametrize("gradient", ["numerical", "check"])
@pytest.mark.parametrize("other", ["trainer.precision=bf16-mixed", "trainer.precision=16-mixed", "compile=true"])
def test_what_differences_cannot_do_is_refused_before_training(config, gradient, other):
    check(config(f"gradient={gradient}"))
    with pytest.raises(UsageError, match=r"set compile=false and trainer\.precision=32-true"):
        check(config(f"gradient={gradient}", other))


@pytest.mark.parametrize("h", [0, -1, ".nan", "small"])
def test_h_is_a_number_above_0(config, h):
    with pytest.raises(UsageError, match=r"gradient\.h=.*: must be a number above 0"):
        check(config("gradient=numerical", f"gradient.h={h}"))
