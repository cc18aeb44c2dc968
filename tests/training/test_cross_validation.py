import csv
import json
import math
from statistics import fmean, stdev

import pytest

from lightlab.errors import UsageError
from lightlab.training.cross_validation import cross_validate, summarize

QUICK = ("task=digits_mlp", "data.source=embedded", "data.train_size=100", "trainer.max_epochs=1")


def test_mean_and_spread_over_folds_and_over_repeats():
    rows = [
        {"repeat": 1, "fold": 1, "accuracy/test": 0.5, "loss/test": math.nan},
        {"repeat": 1, "fold": 2, "accuracy/test": 0.7, "loss/test": 1.0},
        {"repeat": 2, "fold": 1, "accuracy/test": 0.8, "loss/test": 1.0},
        {"repeat": 2, "fold": 2, "accuracy/test": 1.0, "loss/test": 1.0},
    ]
    summary = summarize(rows)
    assert summary["accuracy/test"] == pytest.approx(0.75)
    assert summary["accuracy/test/std"] == pytest.approx(stdev([0.5, 0.7, 0.8, 1.0]))
    assert summary["accuracy/test/repeat_std"] == pytest.approx(stdev([0.6, 0.9]))
    assert "loss/test" not in summary


def test_each_fold_is_a_run_and_the_whole_has_their_mean(config, tmp_path, capsys):
    results = cross_validate(config(*QUICK, "folds=3"), tmp_path / "cv")
    rows = csv.DictReader((tmp_path / "cv" / "folds.csv").read_text().splitlines())
    scores = [float(row["accuracy/test"]) for row in rows]
    assert len(scores) == 3
    assert results["accuracy/test"] == pytest.approx(fmean(scores))
    assert json.loads((tmp_path / "cv" / "metrics.json").read_text()) == results
    for number in (1, 2, 3):
        fold = tmp_path / "cv" / f"fold-1-{number}"
        assert (fold / "checkpoints" / "best.ckpt").is_file() and not (fold / "figures").exists()
        assert json.loads((fold / "metrics.json").read_text())["accuracy/test"] == pytest.approx(scores[number - 1])
    assert "1 x 3 folds" in capsys.readouterr().out


def test_data_that_cannot_be_dealt_is_refused_before_anything_is_trained(config, tmp_path):
    with pytest.raises(UsageError, match="Points data cannot be dealt into folds"):
        cross_validate(config("task=linear_toy", "folds=3"), tmp_path / "cv")
    assert not (tmp_path / "cv" / "fold-1-1").exists()


def test_a_cross_validation_is_not_resumed(config, tmp_path):
    with pytest.raises(UsageError, match="starts anew"):
        cross_validate(config("task=digits_mlp", "folds=3") | {"resume": "x"}, tmp_path)


def test_one_fold_is_none(run_cli):
    found = run_cli("task=digits_mlp", "folds=1")
    assert found.returncode == 2 and "folds=1: must be a whole number of at least 2" in found.stderr
