from pathlib import Path

import pytest

from lightlab.report.comparison import compare
from lightlab.report.formatting import translator
from lightlab.report.runs import read_runs
from lightlab.report.tables import link, ranking_table, run_table

translate = translator("en")


def column(table, name):
    index = table.columns.index(name)
    return [cells[index].text for _, cells in table.rows]


def ranking(*folders, score=None):
    return ranking_table(compare(read_runs(list(folders)), score)[0], translate)


def test_configurations_stand_in_the_order_of_the_monitored_metric(sweep):
    table = ranking(sweep)
    assert column(table, "optimizer") == ["adam", "sgd"]
    assert column(table, "accuracy/val") == ["0.910 ± 0.010", "0.710 ± 0.010"]
    assert column(table, "n") == ["3", "3"] and column(table, "gap to best") == ["", "0.2"]
    assert column(table, "accuracy/test") == ["0.860 ± 0.010", "0.660 ± 0.010"] and table.test == ["accuracy/test"]


def test_only_the_second_is_tested_against_the_best(grid):
    tested = column(ranking(grid), "significance")
    assert tested[1].startswith("p = ") and not any(tested[:1] + tested[2:])


def test_with_too_few_runs_nothing_is_tested(write_run, tmp_path):
    for name in "ab":
        write_run(tmp_path / name, f"optimizer={name}", scores=(0.5 if name == "a" else 0.6,))
    assert column(ranking(tmp_path), "significance") == ["", "n < 2: no test"]


def test_epochs_and_time_to_a_score_are_those_of_the_runs_that_reach_it(sweep):
    table = ranking(sweep, score=0.905)
    assert column(table, "epochs to 0.905") == ["2 (2 / 3)", "–"]
    assert column(table, "time to 0.905") == ["2.5 s", "–"]


def test_the_command_of_a_configuration_runs_all_its_seeds(sweep):
    assert column(ranking(sweep), "repeat")[0] == "lightlab train -m optimizer=adam seed=0,1,2"


def test_configurations_without_a_finished_run_are_there_with_what_became_of_them(wrecks):
    table = ranking(wrecks)
    outcomes = dict(zip(column(table, "optimizer"), column(table, "runs"), strict=True))
    assert outcomes == {
        "adam": "1 done, 1 unfinished",
        "sgd": "1 done, 1 unfinished",
        "rmsprop": "1 failed, 1 diverged",
        "adadelta": "1 pruned",
    }
    assert column(table, "#") == ["1", "–", "–", "–"]


def test_every_run_has_a_row_with_its_reason(wrecks, tmp_path):
    table = run_table(compare(read_runs([wrecks]))[0], tmp_path, translate)
    notes = dict(zip(column(table, "run"), column(table, "notes"), strict=True))
    assert notes["4"] == "no such file" and notes["6"] == "below the median of 0.7 at epoch 2"
    assert notes["0"] == "metrics.csv ends in the middle of a line, which is left out"
    assert notes["1"] == "metrics.json cannot be read: cut off, or not JSON"
    assert notes["2"] == "accuracy/val is missing or not finite"
    assert notes["3"] == "interrupted, or still running" and notes["5"].startswith("the loss is nan at step 12")


def test_a_metric_that_some_runs_lack_leaves_their_cells_empty(write_run, tmp_path):
    write_run(tmp_path / "0", **{"seed": 0, "auroc/val": 0.8})
    write_run(tmp_path / "1", "seed=1")
    table = run_table(compare(read_runs([tmp_path]))[0], tmp_path, translate)
    assert column(table, "auroc/val") == ["0.8", ""]


def test_of_many_swept_keys_a_label_stands_for_all(write_run, tmp_path):
    for number in range(2):
        write_run(tmp_path / str(number), *(f"data.{key}={number}" for key in "abcde"))
    assert column(ranking(tmp_path), "configuration") == ["a=0, b=0, c=0, d=0, e=0", "a=1, b=1, c=1, d=1, e=1"]


@pytest.mark.parametrize(
    ("target", "address"),
    [
        ("to/0", "./0"),
        ("sweep/a b#1?", "../sweep/a%20b%231%3F"),
        ("to/javascript:alert(1)", "./javascript%3Aalert%281%29"),
    ],
)
def test_links_are_relative_and_name_no_scheme(target, address):
    assert link(Path("/x") / target, Path("/x/to")) == address
