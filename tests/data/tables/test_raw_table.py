import math
import os
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from lightlab.data.csv_reader import CsvFormat
from lightlab.data.tables.raw_table import as_table, read_table, rows_as_table
from lightlab.errors import DataError, LightlabError


@pytest.fixture
def written(tmp_path):
    def write(content, name="my.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def read(path, text=(), names=(), **form):
    return read_table(path, CsvFormat(**form), text, names)


def cells(table):
    frame = table.frame.astype(object)
    return {name: [None if pd.isna(cell) else cell for cell in frame[name]] for name in frame}


def refused(path, message, **form):
    with pytest.raises(LightlabError, match=message) as caught:
        read(path, **form)
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)


def test_parquet(tmp_path):
    frame = pd.DataFrame(
        {"n": [1, 2, None], "t": ["a", None, "b"], "yes": [True, False, True], "k": pd.Categorical([3, 3, 4])}
    )
    frame.to_parquet(tmp_path / "my.parquet")
    found = cells(read(tmp_path / "my.parquet"))
    assert found == {"n": [1, 2, None], "t": ["a", None, "b"], "yes": ["True", "False", "True"], "k": [3, 3, 4]}


def test_parquet_columns_of_other_types_are_refused_by_name(tmp_path):
    frame = pd.DataFrame({"n": [Decimal("1.5"), None], "day": pd.to_datetime(["2024-01-31", None]), "pair": [[1], [2]]})
    frame.to_parquet(tmp_path / "my.parquet")
    table = read(tmp_path / "my.parquet")
    assert cells(table) == {"n": [1.5, None], "day": ["2024-01-31 00:00:00", None], "pair": [None, None]}
    table.refuse_unreadable(["n", "day"])
    with pytest.raises(DataError, match=r"my\.parquet, column pair: its type is list<element: int64>; numbers or text"):
        table.refuse_unreadable(["n", "pair"])


@pytest.mark.parametrize("suffix", [".xlsx", ".json", ".zip", ".feather"])
def test_other_formats_are_refused_with_what_is_taken(written, suffix):
    refused(written(b"PK", f"my{suffix}"), rf"{suffix} is not read; save the table as \.csv, \.csv\.gz or \.parquet")


def test_a_pipe_is_refused(tmp_path):
    os.mkfifo(tmp_path / "my.csv")
    refused(tmp_path / "my.csv", "a named pipe, not a regular file")


def test_a_file_that_is_no_parquet(written):
    refused(written(b"PAR1 not quite", "my.parquet"), "not a Parquet file that can be read")


def test_there_is_no_such_file(tmp_path):
    refused(tmp_path / "my.csv", "no such file")
    refused(tmp_path, "not a regular file")
    refused(tmp_path / ("x" * 300), "no such file")


def test_rows_written_out():
    table = rows_as_table([[1, "red", None], [2.5, 3, "x"]], ["a", "b", "c"], {"b", "c"})
    assert cells(table) == {"a": [1, 2.5], "b": ["red", "3"], "c": [None, "x"]}
    assert cells(rows_as_table([1, "red"], ["a", "b"], {"b"})) == {"a": [1], "b": ["red"]}
    assert cells(rows_as_table([None], ["a"], set())) == {"a": [None]}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([[1, 2, 3]], "row 1 has 3 cells; this run takes 2: a, b"),
        ([[1, 2], 3], "row 2 has 1 cells"),
        ([[1, [2]]], r"column b: \[2\] is neither a number nor text"),
        ([[]], "row 1 has 0 cells"),
    ],
)
def test_rows_that_do_not_fit_are_refused(rows, message):
    with pytest.raises(DataError, match=message):
        rows_as_table(rows, ["a", "b"], set())


def test_numbers_as_categories_are_written_as_in_a_file():
    table = as_table(pd.DataFrame({"a": [20.0, 30.5, math.nan], "b": [1, 2, 3]}), {"b"}, "here")
    assert table.as_text("a").tolist()[:2] == ["20", "30.5"] and table.as_text("b").tolist() == ["1", "2", "3"]


def test_wrong_rows_are_numbered_as_in_the_file(written):
    table = read(written("a\n" + "1\n" * 20, "many.csv"), header=True)
    with pytest.raises(DataError, match=r"many\.csv, column a, row 4: 1\.0; two"):
        table.refuse("a", np.arange(20) == 2, "two")
    with pytest.raises(DataError, match=r"rows 2, 3, 4, 5, 6 and 15 more: 1\.0"):
        table.refuse("a", np.ones(20, bool), "two")
    table.refuse("a", np.zeros(20, bool), "two")
