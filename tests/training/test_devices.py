import pytest
import torch

from lightlab.data.loader import Share
from lightlab.errors import UsageError
from lightlab.runs.ranks import Launch
from lightlab.training.devices import Accelerator, processes

ALONE = Launch()


def asked(device="gpu", started=ALONE, typed="auto", **trainer):
    config = {"trainer": trainer, "accelerator": {"name": typed}, "folds": None, "gradient": {}}
    return processes(config, Accelerator(device), started)


@pytest.fixture(autouse=True)
def two_gpus(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)


@pytest.mark.parametrize(
    ("devices", "expected"), [(1, 1), (2, 2), ("2", 2), (-1, 2), ("auto", 2), ([1], [1]), ("0,1", [0, 1])]
)
def test_devices_are_counted_or_numbered(devices, expected):
    assert asked(devices=devices).devices == expected


def test_as_many_as_torchrun_has_started_are_used():
    launched = asked(started=Launch("torchrun", 3, 2, 2, "a"), devices=1)
    assert (launched.devices, launched.num_nodes, launched.strategy, launched.share) == (2, 2, "ddp", Share(3, 4))


@pytest.mark.parametrize(
    ("trainer", "message"),
    [
        ({"devices": 3}, r"trainer.devices=3: this machine has 2 GPUs"),
        ({"devices": [0, 2]}, "this machine has 2, numbered from 0"),
        ({"devices": "some"}, "must be a number of devices"),
        ({"devices": 2, "device": "cpu"}, r"no GPU; two processes on the CPU are accelerator=cpu trainer.devices=2"),
        ({"devices": 2, "device": "mps"}, "this machine has 1 GPU;"),
        ({"num_nodes": 2}, "started alone"),
        ({"devices": 2, "started": Launch("srun", 0, 1, 2)}, "srun has started 1 processes on each of 2 machines"),
        ({"devices": 1, "started": Launch("torchrun", 0, 4, 1)}, "torchrun: 4 processes: this machine has 2 GPUs"),
        ({"devices": 2, "strategy": "dpp"}, "no such strategy; did you mean 'ddp'"),
        ({"devices": 2, "strategy": "fsdp", "device": "cpu", "typed": "cpu"}, "FSDP needs CUDA GPUs"),
        ({"devices": 2, "strategy": "single_device"}, "is for one device; use ddp"),
    ],
)
def test_devices_that_cannot_be_used_are_refused(trainer, message):
    with pytest.raises(UsageError, match=message):
        asked(**trainer)
