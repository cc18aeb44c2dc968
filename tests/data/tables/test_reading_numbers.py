import gzip
import math

import pytest
import torch

from lightlab.data.tables.reading import read_numbers
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
        ([], "holds no row"),
        ([[]], "row 1 has 0 numbers; this run takes 2: x1, x2"),
        ([[1, 2], [3]], "row 2 has 1 numbers"),
        ([[1, 2, 3]], "row 1 has 3 numbers"),
        (5, "row 1 has 1 numbers"),
        ([[1, "a"]], "row 1, x2: 'a' is not a finite number"),
        ([[1, None]], "x2: None"),
        ([[1, math.nan]], "x2: nan is not a finite number"),
        ([[math.inf, 1]], "x1: inf"),
        ([[1, [2]]], r"x2: \[2\]"),
        ([[1, True]], "x2: True"),
        ([[1, 1e300]], "x2: 1e\\+300"),
        ([[1, 10**400]], "x2: "),
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
        ("", "not a CSV file"),
        ("x1,x2\n", "found 0 rows of x1, x2"),
        ("x1,z\n1,2\n", "columns x1, x2; found 1 rows of x1, z"),
        ("1,2\n3,4\n", "needs a row or more with the columns x1, x2"),
        ("x1,x2\n1,2\n3,\n", r"line 3, x2: nan is not a finite number"),
        ("x1,x2\n1,two\n", "line 2, x2: 'two'"),
        ("x1,x2\n1,inf\n", "line 2, x2: inf"),
        ("x1,x2\n1,2\n3,4,5,6\n", "not a CSV file"),
        ("x1,x2,y\n1,2,a\n", "line 2, y: 'a'"),
        ("x1,x2,y\n1,2,3\n3,4,\n", "line 3, y: nan"),
        (b"\xff\xfex\x001\x00", "not a CSV file"),
        (b"\0\0\0", "needs a row or more|not a CSV file"),
    ],
)
def test_a_csv_that_does_not_fit(read, content, message):
    with pytest.raises(DataError, match=message) as caught:
        read(content)
    assert "\n" not in str(caught.value)


DAMAGED = {"plain": b"x1,x2\n1,2\n", "cut short": gzip.compress(b"x1,x2\n1,2\n", mtime=0)[:-9], "empty": b""}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_gzip_file_is_said_in_a_line(read, content):
    with pytest.raises(DataError, match=r"rows\.csv\.gz"):
        read(content, "rows.csv.gz")


@pytest.mark.parametrize("name", ["nowhere.csv", "x" * 5000, "."])
def test_a_file_that_is_not_there(name):
    with pytest.raises(DataError, match="no such file; name a CSV with the columns x"):
        read_numbers(name, ["x"], "y")
