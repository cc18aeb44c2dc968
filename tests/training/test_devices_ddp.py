"""Two processes with batches of N/2 learn what one process learns with batches of N."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from lightlab.training.fit import train

ROOT = Path(__file__).parents[2]
# 20 steps of a residual network with batch norm; rows are augmented from the generator of each process, so not here.
CASE = [
    *(
        "task=fashion_resnet",
        "data.source=embedded",
        "data.train_size=160",
        "data.augment.shift=0",
        "data.augment.flip=false",
    ),
    *("network.channels=[4,8]", "trainer.max_epochs=2", "pictures=none", "keep_pages=false", "accelerator=cpu"),
]
LAUNCHERS = {
    "lightning": ([], "optimizer=sgd"),
    "torchrun": (["-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"], "optimizer=adam"),
}


@pytest.mark.slow
@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_two_processes_learn_what_one_learns(config, tmp_path, launcher):
    started_by, optimizer = LAUNCHERS[launcher]
    train(config(*CASE, optimizer, "data.batch_size=16"), tmp_path / "one")
    command = [sys.executable, *started_by, str(ROOT / "train.py"), *CASE, optimizer, "data.batch_size=8"]
    two = ["trainer=cpu_ddp"] if launcher == "lightning" else ["trainer.sync_batchnorm=true"]
    done = subprocess.run(
        [*command, *two, "logger=csv"],
        cwd=tmp_path,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("run folder") == 1
    (folder,) = tmp_path.glob("runs/*/*")  # one for both processes
    one, both = (torch.load(each / "checkpoints" / "last.ckpt") for each in (tmp_path / "one", folder))
    assert both["global_step"] == one["global_step"] == 20
    for name, weight in one["state_dict"].items():
        torch.testing.assert_close(both["state_dict"][name], weight, rtol=1e-6, atol=1e-7, msg=name)
    one, both = ((each / "metrics.csv").read_text().splitlines()[-1].split(",") for each in (tmp_path / "one", folder))
    assert [float(cell) for cell in both[3:]] == pytest.approx([float(cell) for cell in one[3:]], rel=1e-5)
