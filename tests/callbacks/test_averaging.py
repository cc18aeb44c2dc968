"""The average of the weights is what is validated, tested and kept; training goes on with the current ones."""

import copy
from itertools import count

import pytest
import torch
from lightning.pytorch import Callback

from lightlab.callbacks.averaging import Ema, Swa
from lightlab.errors import UsageError
from lightlab.runs.checkpoints import read_checkpoint
from lightlab.training.building import build
from lightlab.training.fit import fit, train

SMALL = [
    *("task=fashion_resnet", "data.source=embedded", "data.train_size=120", "data.batch_size=40", "scheduler=none"),
    *("network.channels=[2,3]", "network.dropout=0.5", "pictures=none", "optimizer.lr=0.05"),
]


class Weights(Callback):
    """Keeps the head's weights after every step, and as they are in validation."""

    def __init__(self):
        self.steps, self.validated = [], []

    def on_train_batch_end(self, trainer, module, *_):
        self.steps.append(module.network.head.weight.detach().clone())

    def on_validation_batch_start(self, trainer, module, *_):
        self.validated.append(module.network.head.weight.detach().clone())


@pytest.fixture(params=["ema", "swa"])
def averaging(request, config):
    start = ["callbacks.swa.start=0.5"] if request.param == "swa" else ["callbacks.ema.decay=0.7"]
    return config(*SMALL, f"callbacks=[default,{request.param}]", "trainer.max_epochs=4", *start), request.param


def averages(weights, kind):
    """The average after every step: None where there is none so far."""
    if kind == "swa":  # 3 steps an epoch; the ends of the epochs after the sixth of 12 steps
        ends = [step for step in range(3, 13, 3) if step > 6]
        means = [[weights[end - 1] for end in ends if end <= step] for step in range(1, 13)]
        return [torch.stack(mean).mean(0) if mean else None for mean in means]
    result = [weights[0]]
    for number, weight in zip(count(1), weights[1:], strict=False):
        result.append(result[-1].lerp(weight, 1 - min(0.7, (1 + number) / (10 + number))))
    return result


def test_what_was_averaged_is_validated_kept_and_tested(averaging, tmp_path):
    whole, kind = averaging
    run = build(whole, tmp_path)
    recorded = Weights()
    run.trainer.callbacks.append(recorded)
    results = fit(run)
    expected = averages(recorded.steps, kind)[2::3]
    expected = [recorded.steps[3 * n + 2] if each is None else each for n, each in enumerate(expected)]
    torch.testing.assert_close(recorded.validated, expected)
    last = read_checkpoint(tmp_path / "checkpoints" / "last.ckpt")
    torch.testing.assert_close(last["state_dict"]["network.head.weight"], expected[-1])
    assert torch.equal(last["current_model_state"]["network.head.weight"], recorded.steps[-1])
    best = read_checkpoint(tmp_path / "checkpoints" / "best.ckpt")
    tested = run.module.state_dict()
    assert all(torch.equal(tested[name], weight) for name, weight in best["state_dict"].items())
    assert results["epochs"] == 4
    callback = next(each for each in run.callbacks if isinstance(each, (Ema, Swa)))
    assert callback.message.startswith("weights      the average over")


def test_a_resumed_run_averages_as_if_it_had_not_stopped(averaging, tmp_path):
    whole, kind = averaging
    train(whole, tmp_path / "whole")
    shorter = copy.deepcopy(whole)
    shorter["trainer"]["max_epochs"] = 3
    if kind == "swa":  # from the third epoch on, as in the longer run
        shorter["callbacks"]["swa"]["start"] = 0.7
    train(shorter, tmp_path / "stopped")
    train(whole | {"resume": str(tmp_path / "stopped")}, tmp_path / "stopped")
    states = [read_checkpoint(tmp_path / name / "checkpoints" / "last.ckpt") for name in ("whole", "stopped")]
    for key in ("state_dict", "current_model_state"):
        first, second = (state[key] for state in states)
        assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_run_that_averages_does_not_go_on_without(averaging, config, tmp_path):
    whole, kind = averaging
    train(whole, tmp_path)
    longer = whole | {"callbacks": config(*SMALL)["callbacks"], "resume": str(tmp_path)}
    longer["trainer"]["max_epochs"] = 5
    with pytest.raises(UsageError, match=rf"go on with callbacks=\[default,{kind}\]"):
        train(longer, tmp_path)


def test_the_statistics_of_batch_norm_are_those_of_the_averaged_weights(config, tmp_path):
    run = build(config(*SMALL, "callbacks=[default,swa]", "trainer.max_epochs=2", "data.augment.shift=0"), tmp_path)
    fit(run)
    state = read_checkpoint(tmp_path / "checkpoints" / "last.ckpt")["state_dict"]
    run.module.load_state_dict(state)
    run.data.augment = None
    first = torch.cat([inputs for inputs, _ in run.data.train_dataloader()])
    expected = run.module.network.stem[0](first).mean((0, 2, 3))
    assert not torch.allclose(state["network.stem.1.running_mean"], torch.zeros(2))
    torch.testing.assert_close(state["network.stem.1.running_mean"], expected.detach(), rtol=0.2, atol=0.05)


@pytest.mark.parametrize(("make", "said"), [(lambda: Ema(1.0), "decay=1.0"), (lambda: Swa(1.0), "start=1.0")])
def test_an_average_over_nothing_is_refused(make, said):
    with pytest.raises(UsageError, match=said):
        make()
