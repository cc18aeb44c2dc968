import math

import pytest

from lightlab.runs.results import read_epochs

HEADER = b"epoch,step,loss/val\n"


@pytest.fixture
def read(tmp_path):
    def read(contents: bytes):
        (tmp_path / "metrics.csv").write_bytes(contents)
        return read_epochs(tmp_path)

    return read


def test_each_metric_is_a_series_by_epoch(read):
    epochs = read(HEADER + b"1,15,0.5\n2,30,0.25\n")
    assert epochs.series == {"step": {1: 15, 2: 30}, "loss/val": {1: 0.5, 2: 0.25}}
    assert epochs.last == 2 and epochs.notes == []


def test_a_metric_that_is_not_measured_every_epoch_leaves_epochs_out(read):
    assert read(HEADER + b"1,15,\n2,30,0.25\n").series["loss/val"] == {2: 0.25}


def test_what_is_not_finite_is_kept_as_such(read):
    values = read(HEADER + b"1,15,nan\n2,30,inf\n").series["loss/val"]
    assert math.isnan(values[1]) and values[2] == math.inf


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (HEADER + b"1,15,0.5\n2,30,0.2", "in the middle of a line"),  # perhaps of 0.25: not to be believed
        (HEADER + b"1,15,0.5\n" + b"\0" * 50, "NUL"),
        (HEADER + b"1,15,0.5\n2,30\n", "damaged"),
        (HEADER + b"1,15,0.5\ntwo,30,0.2\n", "damaged"),
        (HEADER + b"1,15,0.5\n2,x,\n", "damaged"),
        (HEADER + b"1,15,0.5\n2,\xff\xfe,\n", "damaged"),
    ],
    ids=["cut", "NUL bytes", "a cell short", "no epoch", "no number", "no text"],
)
def test_whole_lines_are_read_and_the_rest_is_noted(read, contents, message):
    epochs = read(contents)
    assert epochs.series["loss/val"] == {1: 0.5}
    assert any(message in note for note in epochs.notes)


@pytest.mark.parametrize("contents", [b"", b"epoch,loss/val\n", b"epo"])
def test_before_the_first_epoch_there_is_nothing(read, contents):
    assert read(contents).series == {} and read(contents).last == 0


def test_without_names_no_column_is_guessed(read):
    epochs = read(b"1,15,0.5\n2,30,0.25\n")
    assert epochs.series == {} and "names its columns" in epochs.notes[0]


def test_no_file_is_no_epoch(tmp_path):
    assert read_epochs(tmp_path).series == {}


def test_cells_keep_their_text(read):
    epochs = read(HEADER + b"1,1234567,\n2,x,0.2500\n")
    assert epochs.cells == [{"epoch": "1", "step": "1234567", "loss/val": ""}, {"epoch": "2", "loss/val": "0.2500"}]
    assert epochs.rows == [{"epoch": 1, "step": 1234567}, {"epoch": 2, "loss/val": 0.25}]
