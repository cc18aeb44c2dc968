import json

import pytest

from lightlab.report.comparison import compare
from lightlab.report.runs import read_runs


def texts(comparison):
    return [text.format(**values) for text, values in comparison.notes]


def test_each_task_is_compared_by_itself(wrecks):
    assert [each.task for each in compare(read_runs([wrecks]))] == ["toy", "other"]


def test_the_monitored_metric_ranks_not_that_of_the_test_rows(write_run, tmp_path):
    write_run(tmp_path / "0", "optimizer=adam", scores=(0.9,), test=0.1)
    write_run(tmp_path / "1", "optimizer=sgd", scores=(0.8,), test=0.99)
    (found,) = compare(read_runs([tmp_path]))
    assert found.metric == "accuracy/val" and found.configurations[0].label == "adam"


def test_where_lower_is_better_the_lowest_stands_first(write_run, tmp_path):
    for label, loss in (("a", 0.4), ("b", 0.2), ("c", 0.3), ("d", 0.1)):
        write_run(tmp_path / label, f"optimizer={label}", scores=(loss,), monitor="loss/val")
    (found,) = compare(read_runs([tmp_path]))
    assert [each.label for each in found.configurations] == ["d", "b", "c", "a"]
    assert found.target == 0.3 and found.reaches(0.3) and not found.reaches(0.31)


def test_the_score_is_what_the_median_configuration_reaches_unless_one_is_named(grid):
    runs = read_runs([grid])
    assert compare(runs)[0].target == pytest.approx(0.805)  # of 0.755, 0.805, 0.805, 0.855, 0.905, 0.905
    assert compare(runs, target=0.9)[0].target == 0.9


def test_what_all_share_is_told_once(write_run, tmp_path):
    for number in range(2):
        write_run(tmp_path / str(number), "task=toy", f"optimizer={'ab'[number]}", "data.size=3", f"seed={number}")
    assert compare(read_runs([tmp_path]))[0].fixed == ["data.size=3"]


def test_runs_that_lack_the_metric_are_said(write_run, tmp_path):
    write_run(tmp_path / "0", seed=0)
    write_run(tmp_path / "1", monitor="auroc/val")
    write_run(tmp_path / "2")
    (found,) = compare(read_runs([tmp_path]))
    assert "1 finished runs have no finite accuracy/val: their cells are empty." in texts(found)


def test_a_task_without_validation_rows_says_that_training_is_compared(write_run, tmp_path):
    write_run(tmp_path / "0", monitor="loss/train")
    assert "training rows only" in texts(compare(read_runs([tmp_path]))[0])[0]


def test_runs_of_several_commits_or_devices_are_said(write_run, tmp_path):
    for number in range(2):
        folder = write_run(tmp_path / str(number), f"seed={number}")
        (folder / "environment.json").write_text(json.dumps({"commit": f"c{number}", "device": "cpu"}))
    assert texts(compare(read_runs([tmp_path]))[0]) == ["The runs come from more than one commit: c0, c1."]


def test_folds_are_compared_by_the_rows_held_out(write_run, tmp_path):
    for fold in ("fold-1-1", "fold-1-2"):
        write_run(tmp_path / "0" / fold, test=0.7)
    write_run(tmp_path / "0", "optimizer=adam")
    (found,) = compare(read_runs([tmp_path]))
    assert found.metric == "accuracy/test" and found.configurations[0].scores == [0.7, 0.7]
    assert "Folds share training rows" in texts(found)[0]
