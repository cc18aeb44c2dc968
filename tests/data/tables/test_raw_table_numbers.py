import gzip
import math

import pytest
import torch

from lightlab.data.tables.raw_table import read_numbers
from lightlab.errors import DataError


@pytest.mark.parametrize(
    ("source", "rows"),
    [([[4.0], [5]], [[4.0], [5.0]]), ([4, 5.5], [[4.0], [5.5]]), (4.0, [[4.0]]), (-3, [[-3.0]])],
)
def test_rows_written_out(source, rows):
    inputs = read_numbers(source, ["x"], "y")
    assert inputs.inputs.tolist() == rows and inputs.inputs.dtype == torch.float32
    assert inputs.names == [str(row + 1) for row in range(len(rows))]
    assert inputs.targets is None and inputs.columns == {"x": [row[0] for row in rows]}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ([], "row 1 has 0 cells; this run takes 2: x1, x2"),
        ([[]], "row 1 has 0 cells"),
        ([[1, 2], [3]], "row 2 has 1 cells"),
        ([[1, 2, 3]], "row 1 has 3 cells"),
        (5, "row 1 has 1 cells"),
        ([[1, "a"]], "column x2, row 1: 'a'; a finite number is expected"),
        ([[1, None]], "column x2, row 1: an empty cell"),
        ([[1, math.nan]], "column x2, row 1: an empty cell"),
        ([[math.inf, 1]], "column x1, row 1: inf"),
        ([[1, [2]]], r"column x2: \[2\] is neither"),
        ([[1, True]], "column x2, row 1: 'True'"),
        ([[1, 1e300]], "column x2, row 1: 1e\\+300"),
        ([[1, 10**400]], "column x2"),
    ],
)
def test_rows_that_do_not_fit(source, message):
    with pytest.raises(DataError, match=message) as caught:
        read_numbers(source, ["x1", "x2"], "y")
    assert "\n" not in str(caught.value)


@pytest.fixture
def read(tmp_path):
    def read(content, name="照片 (1).csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_numbers(str(path), ["x1", "x2"], "y")

    return read


@pytest.mark.parametrize(
    "content", ["x1,x2\n1,2\n3,4\n", "\ufeffx1,x2\r\n1,2\r\n3,4\r\n", "note,x2,x1\na,2,1\nb,4,3\n"]
)
def test_a_csv_by_its_header(read, content):
    inputs = read(content)
    assert inputs.inputs.tolist() == [[1, 2], [3, 4]] and inputs.targets is None
    assert inputs.columns == {"x1": [1.0, 3.0], "x2": [2.0, 4.0]}


def test_the_target_column_is_the_labels(read):
    targets = read("x1,x2,y\n1,2,0\n3,4,1.5\n").targets
    assert targets.tolist() == [[0.0], [1.5]] and targets.dtype == torch.float32


def test_a_gzipped_csv(read):
    assert read(gzip.compress(b"x1,x2\n1,2\n"), "rows.csv.gz").inputs.tolist() == [[1, 2]]


def test_a_csv_below_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "rows.csv").write_text("x\n1\n")
    assert read_numbers("~/rows.csv", ["x"], "y").inputs.tolist() == [[1]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the file is empty"),
        ("x1,x2\n", "a header and no rows"),
        ("x1,z\n1,2\n", "columns x1, x2; found x1, z"),
        ("1,2\n3,4\n", "needs the columns x1, x2; found 1, 2"),
        ("x1,x2\n1,2\n3,\n", "column x2, row 3: an empty cell; a finite number is expected"),
        ("x1,x2\n1,two\n", "column x2, row 2: 'two'"),
        ("x1,x2\n1,inf\n", "column x2, row 2: inf"),
        ("x1,x2\n1,2\n3,4,5,6\n", "not a CSV file"),
        ("x1,x2,y\n1,2,a\n", "column y, row 2: 'a'"),
        ("x1,x2,y\n1,2,3\n3,4,\n", "column y, row 3: an empty cell"),
        (b"\xff\xfex\x001\x00", "a header and no rows"),
        (b"\0\0\0", "binary data"),
    ],
)
def test_a_csv_that_does_not_fit(read, content, message):
    with pytest.raises(DataError, match=message) as caught:
        read(content)
    assert "\n" not in str(caught.value)


DAMAGED = {"cut short": gzip.compress(b"x1,x2\n1,2\n", mtime=0)[:-9], "empty": b""}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_gzip_file_is_said_in_a_line(read, content):
    with pytest.raises(DataError, match=r"rows\.csv\.gz"):
        read(content, "rows.csv.gz")


@pytest.mark.parametrize("name", ["nowhere.csv", "x" * 5000])
def test_a_file_that_is_not_there(name):
    with pytest.raises(DataError, match="no such file; name a table"):
        read_numbers(name, ["x"], "y")
