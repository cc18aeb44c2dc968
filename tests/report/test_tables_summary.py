import csv

import pytest

from lightlab.report.runs import read_runs
from lightlab.report.tables import write_summary


@pytest.fixture
def rows(tmp_path):
    def rows(folder):
        write_summary(read_runs([folder]), tmp_path / "summary.csv")
        with (tmp_path / "summary.csv").open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    return rows


def test_a_row_a_run_with_its_overrides_seed_and_every_metric_in_full(rows, write_run, tmp_path):
    write_run(
        tmp_path / "s" / "0", "optimizer=adam", "optimizer.lr=0.1", "seed=3", scores=(1 / 3,), **{"ece/test": 2 / 3}
    )
    (row,) = rows(tmp_path / "s")
    assert row["task"] == "toy" and row["run"] == "s/0" and row["state"] == "done" and row["seed"] == "3"
    assert row["optimizer"] == "adam" and row["optimizer.lr"] == "0.1" and row["monitor"] == "accuracy/val"
    assert float(row["monitored"]) == float(row["accuracy/val"]) == 1 / 3 and float(row["ece/test"]) == 2 / 3
    assert row["seconds"] == "2.0" and row["epochs"] == "1" and row["error"] == "" and row["data used"] == "embedded"


def test_runs_that_failed_have_their_reason_and_empty_cells(rows, wrecks):
    row = rows(wrecks)[4]
    assert row["state"] == "failed" and row["error"] == "no such file" and row["accuracy/val"] == row["monitored"] == ""


@pytest.mark.parametrize("value", ["a,b", 'translate "a"', "春风", "a\nb", "<b>", "'"])
def test_any_value_comes_back(rows, write_run, tmp_path, value):
    write_run(tmp_path / "s" / "0", f"data.target={value}")
    assert rows(tmp_path / "s")[0]["data.target"] == value


def test_a_spreadsheet_computes_nothing_of_what_it_is_given(rows, write_run, tmp_path):
    write_run(tmp_path / "s" / "0", "data.target==cmd()", "optimizer.lr=-1")
    (row,) = rows(tmp_path / "s")
    assert row["data.target"] == "'=cmd()" and row["optimizer.lr"] == "-1"
