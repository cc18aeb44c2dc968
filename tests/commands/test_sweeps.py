"""Sweeps as whole commands."""

import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from lightlab.runs.folder import state

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_a_sweep_goes_on_after_a_run_that_failed(run_cli, tmp_path):
    done = run_cli("-m", "task=linear_toy", "optimizer.lr=1e9,0.01", "trainer.max_epochs=50", "logger=csv")
    assert done.returncode == 1
    assert "2 runs: 1 failed, 1 done" in done.stdout and "Traceback" not in done.stderr
    (sweep,) = tmp_path.glob("sweeps/*/*")
    assert [state(sweep / name) for name in "01"] == ["failed", "done"]
    assert (sweep / "report.html").is_file() and "the loss is inf" in (sweep / "0" / "error.txt").read_text()
    shutil.rmtree(sweep / "1")
    done = run_cli(f"sweep_resume={sweep.relative_to(tmp_path)}", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2")
    assert done.returncode == 1 and "running 2 of 2 runs: 0, 1" in done.stdout
    assert [state(sweep / name) for name in "01"] == ["failed", "done"]
    assert "epoch 50/50" in (sweep / "1" / "console.txt").read_text() and "epoch 50/50" not in done.stdout


@pytest.mark.slow
def test_jobs_of_submitit_are_made_in_processes_of_their_own(run_cli, tmp_path):
    pytest.importorskip("submitit", reason="needs pip install 'lightlab-dl[slurm]'")
    options = ["hydra/launcher=submitit_local", "hydra.launcher.cpus_per_task=1", "hydra.launcher.timeout_min=2"]
    done = run_cli("-m", "task=linear_toy", "seed=0,1", "trainer.max_epochs=5", "logger=csv", *options)
    assert done.returncode == 0, done.stderr
    (sweep,) = tmp_path.glob("sweeps/*/*")
    assert "2 runs: 2 done" in done.stdout and (sweep / "report.html").is_file()
    assert all('"threads": 1,' in (sweep / name / "environment.json").read_text() for name in "01")
    assert "epoch 5/5" in (sweep / "1" / "console.txt").read_text()


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds processes in /proc")
@pytest.mark.parametrize("killed", ["the sweep", "a job"])
def test_a_parallel_sweep_of_which_a_process_is_killed_leaves_nothing_running(killed, tmp_path):
    recipe = ["task=digits_mlp", "data.source=embedded", "seed=0,1,2", "trainer.max_epochs=4000", "logger=csv"]
    options = ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2"]
    command = [sys.executable, str(ROOT / "train.py"), "-m", *recipe, *options]
    with (tmp_path / "err").open("w") as err, subprocess.Popen(command, cwd=tmp_path, stderr=err, stdout=err) as sweep:
        within(120, lambda: len(list(tmp_path.glob("sweeps/*/*/*/checkpoints/last.ckpt"))) == 2)
        jobs = children(sweep.pid)
        os.kill(sweep.pid if killed == "the sweep" else jobs[-1], signal.SIGKILL)
    within(20, lambda: not any(map(lives, jobs)))
    within(20, lambda: not list(Path("/dev/shm").glob(f"*loky-{sweep.pid}-*")))
    (folder,) = tmp_path.glob("sweeps/*/*")
    assert [state(folder / name) for name in "01"] == ["unfinished", "unfinished"]
    if killed == "a job":
        errors = (tmp_path / "err").read_text()
        assert sweep.returncode == 1 and "Traceback" not in errors
        assert "a process of the sweep was killed" in errors and "unfinished: 0, 1; go on by sweep_resume=" in errors


def children(process):
    return [
        int(number) for path in Path(f"/proc/{process}/task").glob("*/children") for number in path.read_text().split()
    ]


def lives(process):
    with suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def within(seconds, condition):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.slow
def test_a_sweep_that_was_stopped_goes_on_where_it_was(run_cli, tmp_path):
    recipe = ["task=digits_mlp", "data.source=embedded", "scheduler=none", "seed=0,1", "trainer.max_epochs=40"]
    command = [sys.executable, str(ROOT / "train.py"), "-m", *recipe, "logger=csv"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        next(line for line in process.stdout if line.startswith("epoch "))
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
    (sweep,) = tmp_path.glob("sweeps/*/*")
    resume = f"sweep_resume={sweep.relative_to(tmp_path)}"
    assert process.returncode == 130
    assert "1 runs: 1 unfinished" in rest and f"go on        python train.py {resume}" in rest
    with (sweep / "0" / "metrics.csv").open() as file:
        assert 1 <= len(list(csv.DictReader(file))) < 40
    begun = (sweep / "0" / "environment.json").read_text()
    done = run_cli(resume)
    assert done.returncode == 0 and "2 runs: 2 done" in done.stdout, done.stderr
    assert (sweep / "0" / "environment.json").read_text() == begun
    for run in "01":
        with (sweep / run / "metrics.csv").open() as file:
            assert [int(row["epoch"]) for row in csv.DictReader(file)] == list(range(1, 41))
    done = run_cli(resume)
    assert done.returncode == 0 and "all 2 runs are complete" in done.stdout
