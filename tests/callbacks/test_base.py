from types import SimpleNamespace

import pytest
from lightning.pytorch import Callback

from lightlab.callbacks.base import CallbackGroup, callbacks_of, is_due
from lightlab.training.fit import train

HOOKS = [name for name in dir(Callback) if name.startswith("on_")] + ["setup", "teardown"]


class Counter(Callback):
    def __init__(self):
        self.batches = 0

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        self.batches += 1

    def state_dict(self):
        return {"batches": self.batches}

    def load_state_dict(self, state_dict):
        self.batches = state_dict["batches"]


@pytest.mark.parametrize("hook", HOOKS)
def test_a_group_forwards_every_hook_with_its_arguments(hook):
    calls = []
    member = type("Member", (Callback,), {hook: lambda self, *arguments: calls.append(arguments)})
    getattr(CallbackGroup([member(), Callback()]), hook)("trainer", "module", 1)
    assert calls == [("trainer", "module", 1)]


def test_a_group_calls_only_the_hooks_that_a_member_defines():
    group = CallbackGroup([Counter()])
    assert [hook for hook, members in group.defining.items() if members] == ["on_train_batch_end"]


def test_a_group_keeps_its_members_states():
    before, after = CallbackGroup([Counter(), Callback()]), CallbackGroup([Callback(), Counter()])
    before.callbacks[0].batches = 3
    after.load_state_dict(before.state_dict())
    assert after.callbacks[1].batches == 3


def test_a_run_groups_lightlabs_own_callbacks_and_no_others(config, tmp_path, monkeypatch):
    trainers = []

    class Spy(Counter):
        def on_train_end(self, trainer, pl_module):
            trainers.append(trainer)

    monkeypatch.setattr("lightlab.callbacks.base.Spy", Spy, raising=False)
    whole = config("task=linear_toy", "trainer.max_epochs=1")
    whole["callbacks"]["spy"] = {"_target_": "lightlab.callbacks.base.Spy"}
    train(whole, tmp_path)
    names = [type(callback).__name__ for callback in trainers[0].callbacks]
    assert names == ["CallbackGroup", "Spy", "MetricsCsv", "BestCheckpoint", "LastCheckpoint", "SaveOnSignal"]
    assert "MetricsCsv" in [type(callback).__name__ for callback in callbacks_of(trainers[0])]


@pytest.mark.parametrize(("epoch", "expected"), [(1, False), (2, True), (3, False), (4, True), (5, True)])
def test_every_second_epoch_and_the_last_are_due(epoch, expected):
    assert is_due(SimpleNamespace(current_epoch=epoch - 1, max_epochs=5), every=2) is expected
