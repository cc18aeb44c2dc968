import gzip

import numpy as np
import pandas as pd
import pytest

from lightlab.data.csv_reader import CsvFormat, read_csv
from lightlab.data.notation import Notation
from lightlab.errors import DataError, LightlabError


@pytest.fixture
def written(tmp_path):
    def write(content, name="my.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def read(path, text=(), names=(), **form):
    return read_csv(path, CsvFormat(**form), text, names)[0]


def cells(frame):
    frame = frame.astype(object)
    return {name: [None if pd.isna(cell) else cell for cell in frame[name]] for name in frame}


def refused(path, message, **form):
    with pytest.raises(LightlabError, match=message) as caught:
        read(path, **form)
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)


PLAIN = "size,colour,price\n1,red,2.5\n2,,3\nNA,blue,4\n"


def test_numbers_text_and_what_is_missing(written):
    frame, first_row = read_csv(written(PLAIN), CsvFormat())
    assert cells(frame) == {"size": [1, 2, None], "colour": ["red", None, "blue"], "price": [2.5, 3, 4]}
    assert frame["size"].dtype == np.float64 and first_row == 2


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(PLAIN.encode()),
        b"\xef\xbb\xbf" + PLAIN.encode(),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace(",", ", ").encode(),
        PLAIN.encode("utf-16"),
        ("\n" + PLAIN).encode(),
        ("   \n" + PLAIN + "  \n").encode(),
        PLAIN.replace("\n", "\r").encode(),
        PLAIN.replace("red\n", "red\r").replace("3\n", "3\r\n").encode(),
        PLAIN.replace("NA,", "NA ,").replace("red", "red ").encode(),
    ],
    ids=["gzipped", "BOM", "CRLF", "spaces", "UTF-16", "empty line", "spaces alone", "CR", "mixed", "spaces behind"],
)
def test_the_same_table_written_otherwise(written, content):
    assert cells(read(written(content))) == cells(read(written(PLAIN, "plain.csv")))


def test_utf_8_and_gbk_are_told_apart_and_gbk_is_said(written, capsys):
    text = "城市,房价\n北京,3\n上海,4\n"
    utf8 = read(written(text, "utf8.csv"))
    assert capsys.readouterr().err == ""
    gbk = read(written(text.encode("gbk"), "gbk.csv"))
    assert cells(gbk) == cells(utf8) == {"城市": ["北京", "上海"], "房价": [3, 4]}
    assert "gbk.csv: UTF-8 fails at byte 0; read as GBK" in capsys.readouterr().err


def test_another_encoding_is_named(written):
    path = written("straße,y\nfünf,1\n".encode("latin-1"))
    assert list(read(path, encoding="latin-1")) == ["straße", "y"]
    with pytest.raises(LightlabError, match="Python knows no such encoding"):
        read(path, encoding="latin-99")


def test_bytes_that_are_no_text_are_refused(written):
    refused(
        written(b"a,b\n\xff\xff,\x80\n"), r"not text in UTF-8 or GBK \(UTF-8 fails at byte 4; GBK fails at byte 4\)"
    )


@pytest.mark.parametrize(
    ("rows", "names"), [("1,2\n3,4\n", ["x1", "x2"]), ("0.5,red\n1.5,blue\n", ["x1", "x2"]), ("a,b\nc,d\n", ["a", "b"])]
)
def test_a_header_is_a_first_row_without_numbers(written, rows, names):
    assert list(read(written(rows))) == names


def test_columns_name_what_has_no_header(written):
    frame, first_row = read_csv(written("a,b\nc,d\n"), CsvFormat(columns=("x", "y")))
    assert cells(frame) == {"x": ["a", "c"], "y": ["b", "d"]} and first_row == 1
    assert cells(read(written("x,y\nc,d\n"), columns=("x", "y"))) == {"x": ["c"], "y": ["d"]}
    assert list(read(written("2019,2020\n1,2\n"), header=True)) == ["2019", "2020"]
    assert len(read(written("a,b\nc,d\n"), header=False)) == 2


def test_names_are_tried_by_their_number(written):
    names = [["a", "b", "y"], ["a", "b"]]
    assert list(read(written("1,2,3\n"), names=names)) == ["a", "b", "y"]
    assert list(read(written("1,2\n"), names=names)) == ["a", "b"]
    with pytest.raises(DataError, match="1 columns without a header; expected a, b, y"):
        read(written("1\n"), names=names)


def test_a_column_with_a_text_anywhere_is_text_as_it_was_written(written, monkeypatch):
    monkeypatch.setattr("lightlab.data.csv_reader.CELLS_AT_ONCE", 4)  # two rows at a time
    frame = read(written("a,b\n1.0,1\n02,2\n3,\nx,4\n5,5\n"))
    assert cells(frame) == {"a": ["1.0", "02", "3", "x", "5"], "b": [1, 2, None, 4, 5]}


def test_yes_and_no_are_text(written):
    assert cells(read(written("a,b\nTrue,TRUE\nFalse,\n"))) == {"a": ["True", "False"], "b": ["TRUE", None]}


def test_columns_taken_as_text_keep_their_zeros(written):
    assert cells(read(written("id,y\n007,1\n"), text=["id"])) == {"id": ["007"], "y": [1]}


def test_further_texts_that_mean_missing(written):
    assert cells(read(written("a,b\n?,1\n3,none\n"), missing=("?", "none"))) == {"a": [None, 3], "b": [1, None]}


def test_a_column_without_a_name_is_left_out_and_that_is_said(written, capsys):
    assert list(read(written(",a\n0,1\n1,2\n"), header=True)) == ["a"]
    assert "my.csv: column 1 has no name and is left out" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the file is empty"),
        ("a,b\n", "a header and no rows"),
        ("a;b\n1;2\n", r'one column with data\.separator=","; its first row looks as if it were data\.separator=";"'),
        ("a\tb\n1\t2\n", r'data\.separator="\\t"'),
        ("a,b,a\n1,2,3\n", "row 1 names more than one column 'a'"),
        ("a,b\n1,2\n3,4,5\n", "Expected 2 fields in line 3, saw 3"),
        ("a,b,c\n1,2,3\n4,5\n6\n", r"line 3: 2 of 3 cells \(and 1 more lines\); complete the row or take it out"),
        ('a,b\n1,2\n""\n', "line 3: 1 of 2 cells;"),
        ("a\x1b[31m,b\n1,2\n", r"the name of column 1 has control characters \('a\\x1b\[31m'\)"),
        ("x" * 1001 + ",b\n1,2\n", "the name of column 1 has 1,001 characters"),
        ("a,b\n1,2,3\n4,5,6\n", "its rows have more cells than its header"),
        ('a,b\n"1,2\n', "EOF inside string"),
        (b"PK\x03\x04 and so on", "an Excel or zip file; save it as CSV"),
        (gzip.compress(PLAIN.encode() * 1000)[:-60], "the gzip file is cut short"),
        (gzip.compress(PLAIN.encode())[:-8] + bytes(8), "the gzip file is damaged"),
    ],
    ids=lambda each: repr(each)[:30] if isinstance(each, str) else "bytes",
)
def test_a_damaged_table_is_refused_in_a_line(written, content, message):
    refused(written(content), message)


def test_other_separators(written):
    for separator in (";", "\t", "|"):
        assert list(read(written(f"a{separator}b\n1{separator}2\n"), separator=separator)) == ["a", "b"]


@pytest.mark.parametrize(
    ("cell", "value"),
    [("9" * 5000, np.inf), ("1e400", np.inf), ("9" * 25, 1e25), ("１２３．５", 123.5), ("−5", -5), ('" 7 "', 7)],
)
def test_numbers_that_pandas_takes_for_text(written, cell, value):
    assert cells(read(written(f"a,b\n{cell},1\n2,2\n"))) == {"a": [value, 2], "b": [1, 2]}


@pytest.mark.parametrize("cell", ["1_000", "0x10", "True", "NAN", "½"])
def test_texts_that_only_resemble_numbers_stay_text(written, cell):
    assert cells(read(written(f"a,b\n{cell},1\n2,2\n")))["a"] == [cell, "2"]


def test_numbers_in_another_notation(written):
    path = written('a;b;c\n"1.234,5";1,5;1.5\n2;2;2\n')
    frame = read(path, separator=";", notation=Notation(",", (".",)))
    assert cells(frame) == {"a": [1234.5, 2], "b": [1.5, 2], "c": ["1.5", "2"]}


def test_a_row_whose_last_cell_is_empty_is_not_short(written):
    assert cells(read(written("a,b\n1,\n,\n3,4\n"))) == {"a": [1, None, 3], "b": [None, None, 4]}


def test_blank_lines_in_one_column_are_counted(written, capsys):
    assert cells(read(written("a\n1\n\n  \n2\n\n"))) == {"a": [1, 2]}
    assert "my.csv: 2 blank lines are left out" in capsys.readouterr().err
