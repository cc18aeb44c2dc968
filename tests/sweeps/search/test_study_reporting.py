import optuna
import pytest

from lightlab.errors import UsageError
from lightlab.sweeps.search import storage
from lightlab.sweeps.search.space import read_space
from lightlab.sweeps.search.study import Monitor, ReportingTrial, begin_trial, open_study

MEDIAN = {"_target_": "optuna.pruners.MedianPruner", "n_startup_trials": 2, "n_warmup_steps": 2}


@pytest.fixture
def environment(tmp_path):
    """Returns the environment of a job of the search."""
    return {"LIGHTLAB_STORAGE": f"sqlite:///{tmp_path}/study.db", "LIGHTLAB_STUDY": "ours", "LIGHTLAB_TRIAL": "0"}


@pytest.fixture
def study(environment):
    return open_study(
        environment["LIGHTLAB_STORAGE"], "ours", Monitor("accuracy/val", "max"), read_space(["x=interval(0,1)"])
    )


def test_a_run_below_the_median_of_the_others_is_told_to_stop_after_the_warm_up(study, environment):
    for number, value in enumerate([0.8, 0.9]):
        trial = begin_trial(study, 9)
        run = ReportingTrial(environment | {"LIGHTLAB_TRIAL": str(number)}, MEDIAN)
        assert [run.report(value, epoch) for epoch in (1, 2, 3)] == [False] * 3
        study.tell(trial, value)
    begin_trial(study, 9)
    poor = ReportingTrial(environment | {"LIGHTLAB_TRIAL": "2"}, MEDIAN)
    assert [poor.report(0.1, 1), poor.report(0.1, 2)] == [False, True]
    assert study.trials[2].intermediate_values == {1: 0.1, 2: 0.1}


def test_a_locked_file_ends_the_run_with_one_line(study, environment, tmp_path, monkeypatch):
    import sqlite3

    monkeypatch.setattr(storage, "LOCK_SECONDS", 0.1)
    begin_trial(study, 9)
    run = ReportingTrial(environment, MEDIAN)
    holder = sqlite3.connect(tmp_path / "study.db")
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(UsageError, match="locked by another process"):
        run.report(0.5, 1)
    holder.close()


def test_a_study_that_has_gone_is_said(environment):
    optuna.create_study(storage=environment["LIGHTLAB_STORAGE"], study_name="another")
    with pytest.raises(UsageError, match=r"study\.db: holds no study ours, trial 0"):
        ReportingTrial(environment, MEDIAN)
