import os
import socket
import subprocess
import sys

import optuna
import pytest
from optuna.trial import TrialState

from lightlab.errors import UsageError
from lightlab.sweeps.search.space import read_space
from lightlab.sweeps.search.study import Monitor, begin_trial, ended_trials, fail_trial, open_study, release_abandoned

SPACE = read_space(["trainer.max_epochs=3", "data_dir=/here", "x=interval(0,1)", "optimizer=sgd,adam"])
LOSS = Monitor("loss/val", "min")


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/study.db"


def opened(url, space=SPACE, monitor=LOSS):
    return open_study(url, "ours", monitor, space)


def test_a_study_is_found_again_wherever_its_data_lie(url):
    study = opened(url)
    trial = begin_trial(study, 1)
    SPACE.draw(trial)
    study.tell(trial, 0.5)
    elsewhere = read_space(["data_dir=/there", *SPACE.fixed[:1], "x=interval(0,1)", "optimizer=sgd,adam"])
    assert len(opened(url, elsewhere).trials) == 1


@pytest.mark.parametrize(
    ("overrides", "monitor", "message"),
    [
        (["x=interval(0,2)", "optimizer=sgd,adam"], LOSS, "x there is 0 to 1, here 0 to 2"),
        (["x=interval(0,1)"], LOSS, "optimizer there is sgd or adam, here not searched"),
        (["x=interval(0,1)", "optimizer=sgd,adam", "seed=1"], LOSS, "seed=1 only here"),
        (["x=interval(0,1)", "optimizer=sgd,adam"], Monitor("accuracy/val", "max"), "it watches loss/val, min, this"),
    ],
)
def test_a_study_of_another_search_is_refused_with_what_differs(url, overrides, monitor, message):
    opened(url)
    with pytest.raises(UsageError, match=f"study ours in .*study.db is of another search: .*{message}"):
        opened(url, read_space(["trainer.max_epochs=3", *overrides]), monitor)


@pytest.mark.parametrize("directions", [["maximize"], ["minimize", "minimize"]])
def test_a_study_that_wants_something_else_is_refused(url, directions):
    optuna.create_study(storage=url, study_name="ours", directions=directions)
    with pytest.raises(UsageError, match="was not made by this search"):
        opened(url)


def test_a_study_made_by_something_else_is_refused(url):
    optuna.create_study(storage=url, study_name="ours").ask()
    with pytest.raises(UsageError, match="was not made by this search"):
        opened(url)


def test_no_more_trials_are_begun_than_wanted_whatever_process_they_are_of(url):
    one, other = opened(url), opened(url)
    begun = [begin_trial(one, 3), begin_trial(other, 3), begin_trial(one, 3), begin_trial(other, 3)]
    assert [trial and trial.number for trial in begun] == [0, 1, 2, None]


def test_of_two_that_begin_the_last_trial_at_once_one_gives_way(url, monkeypatch):
    one, other = opened(url), opened(url)
    ask = one.ask
    monkeypatch.setattr(one, "ask", lambda: begin_trial(other, 1) and ask())  # the other comes between look and leap
    assert begin_trial(one, 1) is None
    assert [trial.state for trial in one.trials] == [TrialState.RUNNING, TrialState.FAIL]
    assert begin_trial(other, 2).number == 2


def test_a_trial_that_was_broken_off_is_tried_again_and_not_counted(url):
    study = opened(url)
    trial = begin_trial(study, 2)
    values = SPACE.draw(trial)
    fail_trial(study, trial.number, again=True)
    assert ended_trials(study) == []
    again = begin_trial(study, 2)
    assert again.number == 1 and SPACE.draw(again) == values


def test_what_has_ended_cannot_be_taken_back(url):
    study = opened(url)
    study.tell(begin_trial(study, 2), 0.5)
    fail_trial(study, 0, again=True)
    assert [trial.value for trial in ended_trials(study)] == [0.5]


PROCESS = """
import sys
from lightlab.sweeps.search.space import read_space
from lightlab.sweeps.search.study import Monitor, begin_trial, open_study
space = read_space(["x=interval(0,1)"])
space.draw(begin_trial(open_study(sys.argv[1], "ours", Monitor("loss/val", "min"), space), 9))
"""


def test_trials_of_a_process_that_has_died_are_tried_again(url):
    space = read_space(["x=interval(0,1)"])
    subprocess.run([sys.executable, "-c", PROCESS, url], check=True)
    study = opened(url, space)
    [lost] = study.trials
    begin_trial(study, 9)  # of this process, which lives
    assert release_abandoned(study) == 1
    assert space.draw(begin_trial(study, 9)) == lost.params


@pytest.mark.parametrize(
    ("process", "abandoned"),
    [(f"{socket.gethostname()} {os.getpid()} before", 1), ("elsewhere 1 2", 0)],
    ids=["an earlier process", "another machine"],
)
def test_a_process_with_the_number_of_a_dead_one_is_told_apart_and_another_machine_left_alone(
    url, monkeypatch, process, abandoned
):
    study = opened(url)
    monkeypatch.setattr("lightlab.sweeps.search.study._this_process", lambda: process)
    begin_trial(study, 9)
    assert release_abandoned(study) == abandoned
