"""Swept keys whose values go together."""

import pytest

from lightlab.cli.arguments import prepare
from lightlab.errors import LightlabError, UsageError
from lightlab.sweeps.jobs import check_none_failed
from lightlab.sweeps.pairs import combined, zipped_keys


def test_values_that_go_together_vary_place_by_place():
    values = {"optimizer": ["sgd", "adam"], "seed": [0, 1], "lr": [0.5, 0.002], "task": ["toy"]}
    assert combined(values, [["optimizer", "lr"]]) == [
        ["sgd", 0, 0.5, "toy"],
        ["sgd", 1, 0.5, "toy"],
        ["adam", 0, 0.002, "toy"],
        ["adam", 1, 0.002, "toy"],
    ]


@pytest.mark.parametrize(
    ("option", "keys"),
    [(None, []), ([], []), (["a", "b"], [["a", "b"]]), ([["a", "b"], ["c", "d"]], [["a", "b"], ["c", "d"]])],
)
def test_one_list_or_several(option, keys):
    assert zipped_keys(option) == keys


@pytest.mark.parametrize("option", [["a"], [["a", "b"], "c"], [["a", "b"], ["b", "c"]], [[1, 2]]])
def test_other_forms_are_refused(option):
    with pytest.raises(UsageError, match=r"hydra\.sweeper\.zip="):
        zipped_keys(option)


@pytest.mark.parametrize(
    ("swept", "message"),
    [
        (["optimizer=sgd,adam", "optimizer.lr=0.1,0.2,0.3"], "optimizer has 2, optimizer.lr has 3 values"),
        (["optimizer=sgd,adam", "optimizer.lr=0.1"], "optimizer.lr is not swept"),
    ],
)
def test_a_mismatch_is_refused_before_the_first_job(swept, message, conf):
    with pytest.raises(UsageError, match=message):
        prepare(["-m", "task=linear_toy", *swept, "hydra.sweeper.zip=[optimizer,optimizer.lr]"], conf)


def test_pairs_count_once_towards_the_largest_sweep(conf):
    swept = ["seed=range(0,200)", "optimizer.lr=range(1,201)", "hydra.sweeper.zip=[seed,optimizer.lr]"]
    with pytest.raises(UsageError, match="a sweep has at most"):
        prepare(["-m", *swept, "trainer.max_epochs=range(1,100)"], conf)


def test_after_a_failure_the_rest_is_not_begun(tmp_path):
    for name in ("0", "1"):
        (tmp_path / name / ".hydra").mkdir(parents=True)
    check_none_failed(tmp_path, 3)
    (tmp_path / "1" / "error.txt").write_text("it broke")
    check_none_failed(tmp_path, 0)
    with pytest.raises(LightlabError, match="run 1 has failed, so the last 3 of the sweep are not begun"):
        check_none_failed(tmp_path, 3)
