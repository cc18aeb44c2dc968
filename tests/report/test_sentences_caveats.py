import json

from lightlab.report.comparison import compare
from lightlab.report.formatting import translator
from lightlab.report.runs import read_runs
from lightlab.report.sentences import caveats


def sentences(folder):
    return list(caveats(compare(read_runs([folder]))[0], translator("en")))


def test_runs_without_the_metric_are_counted(write_run, tmp_path):
    write_run(tmp_path / "0", seed=0)
    write_run(tmp_path / "1", monitor="auroc/val")
    write_run(tmp_path / "2")
    assert "Finished runs without a finite accuracy/val: 1. Their cells are empty." in sentences(tmp_path)


def test_a_task_without_validation_rows_compares_training_rows(write_run, tmp_path):
    write_run(tmp_path / "0", monitor="loss/train")
    assert "training rows only" in sentences(tmp_path)[0]


def test_runs_of_several_commits_or_devices_are_named(write_run, tmp_path):
    for number in range(2):
        folder = write_run(tmp_path / str(number), f"seed={number}")
        (folder / "environment.json").write_text(json.dumps({"commit": f"c{number}", "device": "cpu"}))
    assert sentences(tmp_path) == ["The runs come from more than one commit: c0, c1."]
