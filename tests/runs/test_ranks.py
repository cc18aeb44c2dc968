from pathlib import Path

import pytest

from lightlab.errors import LightlabError, UsageError
from lightlab.runs import ranks
from lightlab.runs.ranks import Launch, launch, quiet_unless_first, shared_run, typed_arguments

SRUN = {
    "SLURM_JOB_ID": "17",
    "SLURM_STEP_ID": "0",
    "SLURM_NTASKS": "4",
    "SLURM_NTASKS_PER_NODE": "2",
    "SLURM_NNODES": "2",
    "SLURM_PROCID": "3",
}
TORCHRUN = {"TORCHELASTIC_RUN_ID": "a1", "RANK": "1", "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}


def without(name):
    return {key: value for key, value in SRUN.items() if key != name}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, Launch()),
        (SRUN, Launch("srun", 3, 2, 2, "slurm-17-0")),
        (SRUN | {"SLURM_NTASKS": "1", "SLURM_NNODES": "1"}, Launch()),  # as each job of a sweep
        (SRUN | {"SLURM_JOB_NAME": "bash"}, Launch()),
        (TORCHRUN, Launch("torchrun", 1, 2, 1, "a1-0")),
        ({"LIGHTLAB_RUN_FOLDER": "/r", "LOCAL_RANK": "1"}, Launch("lightning", 1)),
    ],
)
def test_the_environment_says_which_process_this_is(environment, expected):
    assert launch(environment) == expected


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        (without("SLURM_STEP_ID"), "srun did not start this process; write: srun python train.py"),
        (without("SLURM_NTASKS_PER_NODE"), "give --ntasks-per-node"),
        ({"NODE_RANK": "1"}, "by torchrun or srun"),
    ],
)
def test_processes_that_cannot_find_each_other_are_refused(environment, message):
    with pytest.raises(UsageError, match=message):
        launch(environment)


def test_the_tasks_of_a_slurm_job_find_the_same_folder(monkeypatch):
    for rank in "01":
        for name, value in (SRUN | {"SLURM_PROCID": rank}).items():
            monkeypatch.setenv(name, value)
        assert shared_run("runs", "digits", ["seed=1"]) == Path("runs/digits/slurm-17-0-seed-1")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [(["seed=1"], ["seed=1", "hydra.run.dir='/r'"]), (["resume=last", "seed=1"], ["seed=1", "resume='/r'"])],
)
def test_a_process_that_lightning_starts_writes_into_the_run_that_started_it(monkeypatch, typed, expected):
    monkeypatch.setenv(ranks._FOLDER, "/r")
    appended = ['hydra.run.dir="x"', "hydra.job.name=train_ddp_process_1", "hydra.output_subdir=null"]
    assert typed_arguments([*typed, *appended], Launch("lightning", 1)) == expected


def test_only_the_first_process_is_heard(capsys):
    for rank in (0, 1):
        with quiet_unless_first(Launch("srun", rank, 2)):
            print("epoch 1")
    assert capsys.readouterr().out == "epoch 1\n"


@pytest.mark.parametrize(
    ("error", "heard"),
    [
        (LightlabError("no such file"), (LightlabError, "process 1: no such file")),
        (UsageError("the first process says so too"), (SystemExit, "2")),
        (RuntimeError("Connection closed by peer"), (SystemExit, "1")),
    ],
)
def test_an_error_of_another_process_names_it_unless_the_first_has_it_too(error, heard):
    with pytest.raises(heard[0], match=heard[1]), quiet_unless_first(Launch("srun", 1, 2)):
        raise error
