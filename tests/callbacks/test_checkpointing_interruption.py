"""lightlab.callbacks.checkpointing: signals are the run's own only while it trains."""

import gc
import signal
import weakref

import pytest
from lightning.pytorch import Callback

from lightlab.callbacks.checkpointing import Interrupted
from lightlab.training import building
from lightlab.training.fit import train

SIGNALS = (signal.SIGINT, signal.SIGTERM)
SHORT = ["task=linear_regression", "trainer.max_epochs=1"]


@pytest.fixture
def trainers(monkeypatch):
    """Weak references to every trainer that is built."""
    built = []
    original = building.build_trainer

    def noted(*arguments):
        trainer = original(*arguments)
        built.append(weakref.ref(trainer))
        return trainer

    monkeypatch.setattr(building, "build_trainer", noted)
    return built


def test_the_signals_are_given_back_and_the_run_is_let_go(config, tmp_path, trainers):
    before = [signal.getsignal(number) for number in SIGNALS]
    for job in range(2):
        train(config(*SHORT), tmp_path / str(job))
    assert [signal.getsignal(number) for number in SIGNALS] == before
    gc.collect()
    assert [trainer() for trainer in trainers] == [None, None]


def test_the_signals_are_given_back_when_a_run_is_stopped(config, tmp_path, monkeypatch):
    class Stopped(Callback):
        def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
            if batch_idx == 1:
                signal.raise_signal(signal.SIGTERM)

    original = building.build_trainer

    def stopped(*arguments):
        trainer = original(*arguments)
        trainer.callbacks.insert(0, Stopped())
        return trainer

    monkeypatch.setattr(building, "build_trainer", stopped)
    before = [signal.getsignal(number) for number in SIGNALS]
    with pytest.raises(Interrupted, match="stopped by SIGTERM"):
        train(config(*SHORT), tmp_path)
    assert [signal.getsignal(number) for number in SIGNALS] == before
