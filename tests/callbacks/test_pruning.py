from types import SimpleNamespace
from unittest.mock import Mock

import pytest

from lightlab.callbacks.monitoring import Validations
from lightlab.callbacks.pruning import Pruning
from lightlab.modules.supervised import SupervisedModule
from lightlab.runs.checkpoints import read_checkpoint
from lightlab.runs.folder import state
from lightlab.runs.results import epoch_row
from lightlab.training.fit import train


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
    validations = Validations()
    validations.names = {"accuracy/val"}
    trainer = SimpleNamespace(
        max_epochs=max_epochs, max_steps=-1, global_step=0, should_stop=stopped, callbacks=[validations]
    )
    metrics: dict[str, float] = {}
    for epoch, value in enumerate(values):
        metrics |= {} if value is None else {"accuracy/val": value}
        validations.epoch = validations.epoch if value is None else epoch
        trainer.current_epoch, trainer.callback_metrics = epoch, metrics
        callback.on_train_epoch_end(trainer, Mock(SupervisedModule))
    return callback, trainer


def test_every_validation_is_reported_by_its_epoch_and_nothing_else():
    trial = StopAfter(9)
    ended([None, 0.5, None, float("nan"), 0.7], trial)
    assert trial.told == [(2, 0.5), (5, 0.7)]


def test_a_long_run_is_heard_a_hundred_times():
    trial = StopAfter(999)
    ended([0.5] * 300, trial, max_epochs=300)
    assert [epoch for epoch, _ in trial.told] == list(range(3, 301, 3))


@pytest.mark.parametrize(("mode", "best"), [("max", "0.6 in epoch 1"), ("min", "0.4 in epoch 2")])
def test_a_run_that_is_stopped_says_how_far_it_came(mode, best):
    callback, trainer = ended([0.6, 0.4, 0.5], StopAfter(3), mode)
    assert trainer.should_stop
    assert callback.reason.startswith(f"pruned after epoch 3 of 10: accuracy/val 0.5, at best {best}")


def test_a_run_in_its_last_epoch_ends_by_itself():
    callback, trainer = ended([0.6, 0.4], StopAfter(2), max_epochs=2)
    assert not trainer.should_stop and callback.reason == ""


def test_a_run_that_has_stopped_early_is_not_pruned_too():
    callback, _ = ended([0.6, 0.4], StopAfter(2), stopped=True)
    assert callback.reason == ""


def test_a_pruned_run_keeps_its_best_so_far_tests_nothing_and_can_go_on(config, tmp_path):
    told = [
        "task=digits_mlp",
        "data.source=embedded",
        "data.train_size=200",
        "trainer.max_epochs=4",
        "trainer.max_steps=-1",
    ]
    run = tmp_path / "run"
    results = train(config(*told), run, StopAfter(2))
    assert state(run) == "pruned" and (run / "pruned.txt").read_text().startswith("pruned after epoch 2 of 4: ")
    assert len((run / "metrics.csv").read_text().splitlines()) == 3
    best = read_checkpoint(run / "checkpoints" / "best.ckpt")["epoch"] + 1
    assert results["best_epoch"] == best and results["accuracy/val"] == pytest.approx(
        epoch_row(run, best)["accuracy/val"]
    )
    assert not any(name.endswith("/test") for name in results)
    assert train(config(*told) | {"resume": str(run)}, run)["epochs"] == 4
    assert state(run) == "done"


def test_what_a_search_hears_is_what_the_run_returns(config, tmp_path):
    """The metric of the best epoch, of validation rows: what pruning compares and what the trial ends with."""
    told = [
        "task=digits_mlp",
        "data.source=embedded",
        "data.train_size=200",
        "trainer.max_epochs=3",
        "trainer.max_steps=-1",
    ]
    trial = StopAfter(99)
    results = train(config(*told), tmp_path, trial)
    assert results["accuracy/val"] == pytest.approx(max(value for _, value in trial.told), abs=1e-6)
    assert [epoch for epoch, _ in trial.told] == [1, 2, 3]
