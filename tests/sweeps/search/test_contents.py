"""What a study's file may say: each test writes into it what no search writes."""

import sqlite3

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState, create_trial

from lightlab.errors import UsageError
from lightlab.sweeps.search.contents import check_search, check_trials
from lightlab.sweeps.search.space import read_space
from lightlab.sweeps.search.storage import storage_errors
from lightlab.sweeps.search.study import Monitor, begin_trial, fail_trial, open_study, release_abandoned

SPACE = read_space(["x=interval(0,1)", "n=int(interval(1,9))", "optimizer=sgd,adam"])
DRAWN = {"x": 0.5, "n": 3, "optimizer": "adam"}


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/study.db"


def opened(url):
    return open_study(url, "ours", Monitor("loss/val", "min"), SPACE)


def trial(**changes):
    ended = {"value": 0.1} if changes.get("state", TrialState.COMPLETE) == TrialState.COMPLETE else {}
    return create_trial(**{"params": DRAWN, "distributions": SPACE.varied} | ended | changes)


def test_trials_of_this_search_are_taken():
    study = optuna.create_study()
    study.add_trial(trial(user_attrs={"folder": "sweeps/a/0", "process": "here 12 345"}))
    study.enqueue_trial(DRAWN, user_attrs={"place": "0"})
    check_trials(study, SPACE, "study ours")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"user_attrs": {"place": "../victim"}}, "its place is '../victim', which is the number of no earlier trial"),
        ({"user_attrs": {"place": "5"}}, "its place is '5'"),
        ({"user_attrs": {"place": "٠"}}, "its place is '٠'"),
        ({"user_attrs": {"place": 0}}, "its place is 0"),
        ({"user_attrs": {"process": "here"}}, "its process is 'here'"),
        ({"user_attrs": {"process": f"here {10**30} 1"}}, "its process is"),
        ({"user_attrs": {"error": ["broken"]}}, "its error is"),
        ({"user_attrs": {"folder": 3}}, "its folder is 3"),
        ({"system_attrs": {"fixed_params": [1]}}, "its queued parameters are"),
        ({"system_attrs": {"fixed_params": {"x": 7}}}, "x='7', which is 0 to 1 here"),
        ({"system_attrs": {"fixed_params": {"optimizer": "${oc.env:HOME}"}}}, "which is sgd or adam here"),
        ({"system_attrs": {"fixed_params": {"data_dir": "/"}}}, "data_dir='/', which is not searched here"),
        ({"system_attrs": {"cma:optimizer:0": "80049e"}}, "pickled state of a sampler"),
        ({"system_attrs": {"completed_rung_0": "x"}}, "its rungs"),
        ({"intermediate_values": {-1: 0.5}}, "its value of epoch -1"),
        ({"value": float("inf")}, "its value is"),
        ({"params": {}, "distributions": {}}, "it has ended and lacks n, optimizer, x"),
        ({"params": {"x": 3.0}, "distributions": {"x": FloatDistribution(0, 9)}}, "x='3.0', which is 0 to 1 here"),
    ],
)
def test_a_trial_that_no_search_writes_is_refused_by_its_number(changes, message):
    study = optuna.create_study()
    study.add_trial(trial(**changes))
    with pytest.raises(UsageError, match="study ours cannot be gone on with: trial 0: ") as raised:
        check_trials(study, SPACE, "study ours")
    assert message in str(raised.value)


@pytest.mark.parametrize("saved", [[], "x", {"monitor": 3}, {"monitor": "a", "space": {"x": 1}, "fixed": []}])
def test_a_description_of_the_search_in_another_form_is_refused(saved):
    with pytest.raises(UsageError, match="its description of the search is none"):
        check_search(saved, "study ours")


@pytest.mark.parametrize(
    "row",
    [
        "UPDATE trials SET state = 'DONE'",
        "UPDATE trial_params SET param_value = 77 WHERE param_name = 'optimizer'",
        "UPDATE trial_values SET value = 'x'",
        "UPDATE study_user_attributes SET value_json = '['",
        "DROP TABLE trial_params",
        "DELETE FROM study_directions",
    ],
)
def test_a_damaged_row_is_one_line_that_names_the_study(url, row, tmp_path):
    opened(url).add_trial(trial())
    with sqlite3.connect(tmp_path / "study.db") as connection:
        connection.execute(row)
    connection.close()
    with pytest.raises(UsageError, match=r"study\.db"), storage_errors(url):
        opened(url)


def test_a_trial_queued_in_the_meantime_draws_only_from_the_space():
    study = optuna.create_study()
    study.enqueue_trial({"x": 7.0})
    with pytest.warns(UserWarning, match="out of range"), pytest.raises(UsageError, match=r"x='7.0', which is 0 to 1"):
        SPACE.draw(begin_trial(study, 9))


def test_a_trial_that_is_broken_off_twice_keeps_its_place(url):
    study = opened(url)
    for number in (0, 1):
        SPACE.draw(begin_trial(study, 9))
        fail_trial(study, number, again=True)
    assert study.trials[2].user_attrs["place"] == "0" and release_abandoned(opened(url)) == 0
