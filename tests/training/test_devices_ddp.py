"""Two processes with batches of N/2 learn what one process learns with batches of N."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from lightlab.runs.results import read_epochs

ROOT = Path(__file__).parents[2]
# 20 steps of a residual network with batch norm; rows are augmented from the generator of each process, so not here.
# In 32 bits, rounding grows to 1e-2 in these steps.
CASE = [
    *("task=fashion_resnet", "data.source=embedded", "data.train_size=160", "data.augment.shift=0"),
    *("data.augment.flip=false", "network.channels=[4,8]", "trainer.max_epochs=2", "trainer.precision=64-true"),
    *("pictures=none", "keep_pages=false", "accelerator=cpu"),
]
LAUNCHERS = {
    "lightning": ([], "optimizer=sgd"),
    "torchrun": (["-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"], "optimizer=adam"),
}


def run(folder, *command):
    """Runs a command in a fresh process, and returns its run's folder."""
    folder.mkdir()
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("run folder") == 1
    (made,) = folder.glob("runs/*/*")  # one for all processes
    return made


@pytest.mark.slow
@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_two_processes_learn_what_one_learns(tmp_path, launcher):
    started_by, optimizer = LAUNCHERS[launcher]
    train = [str(ROOT / "train.py"), *CASE, optimizer, "logger=csv"]
    two = ["trainer=cpu_ddp"] if launcher == "lightning" else ["trainer.sync_batchnorm=true"]
    one = run(tmp_path / "one", *train, "data.batch_size=16")
    both = run(tmp_path / "two", *started_by, *train, *two, "data.batch_size=8")
    ours, theirs = (torch.load(folder / "checkpoints" / "last.ckpt") for folder in (one, both))
    assert ours["global_step"] == theirs["global_step"] == 20
    for name, weight in ours["state_dict"].items():
        torch.testing.assert_close(theirs["state_dict"][name], weight, rtol=1e-6, atol=1e-7)
    one_row, both_row = (read_epochs(folder).rows[-1] | {"seconds": 0.0} for folder in (one, both))
    assert both_row == pytest.approx(one_row, rel=1e-5)
