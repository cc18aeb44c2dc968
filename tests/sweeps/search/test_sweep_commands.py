"""Searches as a user starts them."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import optuna
import pytest
import yaml

from lightlab.runs.folder import state
from lightlab.sweeps.search.study import ended_trials

ROOT = Path(__file__).parents[3]
SEARCH = ["-m", "hydra/sweeper=optuna", "task=linear_regression", "optimizer.lr=tag(log,interval(1e-4,1e-1))"]
SMALL = ["trainer.max_epochs=4", "callbacks=none", "logger=csv"]


def started(*overrides: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(ROOT / "train.py"), *SEARCH, *SMALL, *overrides]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def study(url: str) -> optuna.Study:
    return optuna.load_study(study_name="linear_regression", storage=url)


@pytest.mark.slow
def test_two_processes_share_the_trials_of_one_study():
    url = "sqlite:///study.db"
    own = [f"hydra.sweeper.storage={url}", "hydra.sweeper.n_trials=5"]
    processes = [started(*own, f"hydra.sweep.dir={name}") for name in ("one", "other")]
    said = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    trials = ended_trials(study(url))  # a trial that both have begun at once is given up by one of them
    assert len(trials) == 5 and {trial.state.name for trial in trials} <= {"COMPLETE", "PRUNED"}
    assert len({trial.params["optimizer.lr"] for trial in trials}) == 5
    for trial in trials:
        assert Path(trial.user_attrs["folder"]).name == str(trial.number)
        assert trial.intermediate_values  # told from within the run
    assert yaml.safe_load(Path("one/best.yaml").read_text())["study"] == "linear_regression"


@pytest.mark.slow
def test_an_interrupted_search_goes_on():
    own = ["hydra.sweep.dir=swept", "hydra.sweeper.n_trials=4", "callbacks=default", "trainer.max_epochs=30"]
    first = started(*own)
    while not Path("swept/0/metrics.csv").is_file() and first.poll() is None:
        time.sleep(0.1)
    first.send_signal(signal.SIGINT)
    out, _ = first.communicate(timeout=60)
    assert first.returncode == 130
    assert "go on        python train.py sweep_resume=swept" in out
    resume = [sys.executable, str(ROOT / "train.py"), "sweep_resume=swept", "hydra.sweeper.timeout=1"]
    subprocess.run(resume, check=True, capture_output=True, timeout=60)
    trials = study("sqlite:///swept/study.db").trials
    assert [trial.state.name for trial in trials] == ["FAIL", "COMPLETE"]
    assert trials[0].params == trials[1].params and state(Path("swept/0")) == "done"
    told = yaml.safe_load(Path("swept/0/.hydra/overrides.yaml").read_text())
    assert [each.partition("=")[0] for each in told][-1] == "optimizer.lr" and not any("hydra" in each for each in told)
