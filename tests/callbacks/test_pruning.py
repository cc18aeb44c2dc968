from __future__ import annotations

from types import SimpleNamespace

import pytest

from lightlab.callbacks.pruning import Pruning


class StopAfter:
    """A trial whose search has seen enough after so many reports."""

    def __init__(self, reports: int) -> None:
        self.reports, self.told = reports, []

    def report(self, value: float, epoch: int) -> bool:
        self.told.append((epoch, value))
        return len(self.told) >= self.reports


def ended(values, trial, mode="max", max_epochs=10, stopped=False):
    """The callback and the trainer after epochs that measured `values`; None where there was no validation."""
    callback = Pruning(trial, {"name": "accuracy/val", "mode": mode})
    trainer = SimpleNamespace(max_epochs=max_epochs, max_steps=-1, global_step=0, should_stop=stopped)
    metrics: dict[str, float] = {}
    for epoch, value in enumerate(values):
        metrics |= {} if value is None else {"accuracy/val": value}
        module = SimpleNamespace(is_fresh=lambda name, fresh=value is not None: fresh)
        trainer.current_epoch, trainer.callback_metrics = epoch, metrics
        callback.on_train_epoch_end(trainer, module)
    return callback, trainer


def test_every_validation_is_reported_by_its_epoch_and_nothing_else():
    trial = StopAfter(9)
    ended([None, 0.5, None, float("nan"), 0.7], trial)
    assert trial.told == [(2, 0.5), (5, 0.7)]


@pytest.mark.parametrize(("mode", "best"), [("max", "0.6 in epoch 1"), ("min", "0.4 in epoch 2")])
def test_a_run_that_is_stopped_says_how_far_it_came(mode, best):
    callback, trainer = ended([0.6, 0.4, 0.5], StopAfter(3), mode)
    assert trainer.should_stop
    assert callback.words.startswith(f"pruned after epoch 3 of 10: accuracy/val 0.5, at best {best}")


def test_a_run_in_its_last_epoch_ends_by_itself():
    callback, trainer = ended([0.6, 0.4], StopAfter(2), max_epochs=2)
    assert not trainer.should_stop and callback.words == ""


def test_a_run_that_has_stopped_early_is_not_pruned_too():
    callback, _ = ended([0.6, 0.4], StopAfter(2), stopped=True)
    assert callback.words == ""
