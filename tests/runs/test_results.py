import json

import pytest

from lightlab.runs.results import epoch_row, write_json


@pytest.fixture
def run(tmp_path):
    (tmp_path / "metrics.csv").write_text("epoch,step,loss/train,loss/val\n1,10,0.5,\n2,20,0.25,0.75\n3,30,0.125,\n")
    return tmp_path


def test_the_metrics_of_an_epoch(run):
    assert epoch_row(run, 2) == {"epoch": 2, "step": 20, "loss/train": 0.25, "loss/val": 0.75}


def test_the_last_epoch_without_its_empty_cells(run):
    assert epoch_row(run) == {"epoch": 3, "step": 30, "loss/train": 0.125}


def test_an_epoch_that_was_never_reached_has_no_metrics(run):
    assert epoch_row(run, 7) == {}
    (run / "metrics.csv").write_text("\n")
    assert epoch_row(run) == {}


def test_json_is_written_whole_and_in_any_language(tmp_path):
    write_json(tmp_path / "metrics.json", {"名": "照片", "x": [1, None]})
    text = (tmp_path / "metrics.json").read_text(encoding="utf-8")
    assert json.loads(text) == {"名": "照片", "x": [1, None]} and "照片" in text
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.json"]


def test_what_cannot_be_written_leaves_what_was_there(tmp_path):
    write_json(tmp_path / "metrics.json", {"a": 1})
    with pytest.raises(TypeError):
        write_json(tmp_path / "metrics.json", {"a": object()})
    assert json.loads((tmp_path / "metrics.json").read_text()) == {"a": 1}


def test_what_is_no_number_is_still_json_that_others_read(tmp_path):
    write_json(tmp_path / "metrics.json", {"loss/val": float("nan"), "loss/test": float("inf")})

    def refuse(constant):
        raise ValueError(f"{constant} is not JSON")

    json.loads((tmp_path / "metrics.json").read_text(), parse_constant=refuse)
