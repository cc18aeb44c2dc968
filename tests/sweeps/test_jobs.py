import math
import signal
from concurrent.futures.process import BrokenProcessPool

import pytest
import torch
from hydra import compose, initialize_config_dir

from lightlab.config.composition import HYDRA_DEFAULTS
from lightlab.errors import DataError, LightlabError
from lightlab.runs.folder import state
from lightlab.sweeps.jobs import _watch, divide_threads, is_parallel, launched, one_of_many

ALONE = {"_target_": "hydra.BasicLauncher"}
JOBLIB = {"_target_": "hydra_plugins.hydra_joblib_launcher.joblib_launcher.JoblibLauncher", "n_jobs": 2}


@pytest.fixture
def job(tmp_path):
    (tmp_path / "3" / ".hydra").mkdir(parents=True)
    (tmp_path / "3" / ".hydra" / "overrides.yaml").write_text("[optimizer=adam]")
    return tmp_path / "3"


def failing(error):
    def fail():
        print("some words")
        raise error

    return fail


@pytest.mark.parametrize("error", [DataError("no file"), ZeroDivisionError("no file")], ids=["ours", "any other"])
def test_a_run_that_fails_does_not_stop_the_others(error, job, capsys):
    assert math.isnan(one_of_many(failing(error), job, ALONE))
    assert state(job) == "failed" and "no file" in capsys.readouterr().err


@pytest.mark.parametrize("stop", [SystemExit(130), KeyboardInterrupt()], ids=["saved", "at once"])
def test_a_run_that_is_stopped_stops_the_others(stop, job):
    with pytest.raises(SystemExit) as raised:
        one_of_many(failing(stop), job, ALONE)
    assert raised.value.code == 130 and state(job) == "unfinished"


def test_beside_others_a_run_that_is_stopped_is_unfinished_and_no_more(job, capsys):
    assert math.isnan(one_of_many(failing(SystemExit(143)), job, JOBLIB))
    assert state(job) == "unfinished" and not capsys.readouterr().out


def test_beside_others_a_run_says_one_line_and_keeps_the_rest_to_itself(job, capsys):
    one_of_many(failing(DataError("no file")), job, JOBLIB)
    assert capsys.readouterr().out == "#3 failed  optimizer=adam  no file\n"
    assert (job / "console.txt").read_text() == "some words\nerror: no file\n"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            BrokenProcessPool("terminated"),
            r"a process of the sweep was killed, .*; unfinished: 3; go on by sweep_resume=",
        ),
        (ValueError("batch_size is x"), "hydra/launcher: ValueError: batch_size is x"),
        (DataError("no file"), "^no file"),
    ],
    ids=["killed", "option", "ours"],
)
def test_what_ends_a_launcher_is_one_line(error, message, job):
    with pytest.raises(LightlabError, match=message), launched(job.parent):
        raise error


def test_a_process_whose_sweep_has_gone_stops_itself_and_saves(monkeypatch):
    gone = iter([False, True])
    signals, exits = [], []
    monkeypatch.setattr("lightlab.sweeps.jobs._is_orphan", lambda: next(gone))
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setattr("os.kill", lambda process, number: signals.append(number))
    monkeypatch.setattr("os._exit", exits.append)
    _watch()
    assert signals == [signal.SIGTERM] and exits == [143]


@pytest.mark.parametrize(
    ("options", "threads"),
    [({"n_jobs": 2}, 2), ({"n_jobs": 3}, 1), ({"n_jobs": 8}, 1), ({"n_jobs": -1}, 1), ({"cpus_per_task": 3}, 3)],
)
def test_threads_are_divided(options, threads, monkeypatch):
    monkeypatch.setattr("joblib.cpu_count", lambda: 4)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 4)
    set_to = []
    monkeypatch.setattr(torch, "set_num_threads", set_to.append)
    divide_threads(JOBLIB | {"n_jobs": None} | options)
    assert set_to == [threads]


def test_the_slurm_config_names_options_that_submitit_has(conf):
    pytest.importorskip("submitit", reason="needs pip install 'lightlab-dl[slurm]'")
    with initialize_config_dir(str(conf), **HYDRA_DEFAULTS):
        overrides = ["hydra/launcher=slurm", "hydra.sweep.dir=sweeps"]
        launcher = compose("train", overrides=overrides, return_hydra_config=True).hydra.launcher
    assert launcher._target_.endswith("SlurmLauncher") and is_parallel(launcher)
    assert launcher.cpus_per_task == 2 and launcher.submitit_folder.endswith("/.submitit/%j")
