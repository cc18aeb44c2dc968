import pytest

from lightlab.report.comparison import compare
from lightlab.report.formatting import translator
from lightlab.report.runs import read_runs
from lightlab.report.sentences import caveats


def test_each_task_is_compared_by_itself(wrecks):
    assert [each.task for each in compare(read_runs([wrecks]))] == ["toy", "other"]


def test_the_monitored_metric_ranks_and_not_that_of_the_test_rows(write_run, tmp_path):
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


def test_overrides_that_all_runs_share(write_run, tmp_path):
    for number in range(2):
        write_run(tmp_path / str(number), "task=toy", f"optimizer={'ab'[number]}", "data.size=3", f"seed={number}")
    assert compare(read_runs([tmp_path]))[0].fixed == ["data.size=3"]


def test_folds_are_compared_by_the_rows_held_out(write_run, tmp_path):
    for fold in ("fold-1-1", "fold-1-2"):
        write_run(tmp_path / "0" / fold, test=0.7)
    write_run(tmp_path / "0", "optimizer=adam")
    (found,) = compare(read_runs([tmp_path]))
    assert found.metric == "accuracy/test" and found.configurations[0].scores == [0.7, 0.7]
    assert "Folds share training rows" in " ".join(caveats(found, translator("en")))
