import gzip

import numpy as np
import pytest

from lightlab.data.images.pixel_csv import read_pixel_csv
from lightlab.errors import DataError

PIXELS = 6  # 2 × 3


def row(*first, pixels=PIXELS):
    return ",".join([*map(str, first), *(str(i * 10) for i in range(pixels))])


HEADER = "label," + ",".join(f"pixel{i + 1}" for i in range(PIXELS))


@pytest.fixture
def read(tmp_path):
    def read(*lines, name="train.csv", **settings):
        content = "\n".join(lines).encode()
        path = tmp_path / name
        path.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
        return read_pixel_csv(path, height=2, width=3, **settings)

    return read


@pytest.mark.parametrize(
    "lines",
    [
        [HEADER, row(3), row(9)],
        [HEADER, row(3), "", row(9), ""],
        [row(3), row(9)],
        ["\ufeff" + HEADER.replace("pixel1", "pixel0") + "\r", row(3) + "\r", row(9) + "\r"],
        ["label,0,1,2,3,4,5", row(3), row(9)],
        [HEADER.replace("label", '"label"'), row('"3"'), row("9.0")],
    ],
)
def test_labelled_layouts(read, lines):
    images, labels = read(*lines)
    assert images.shape == (2, 2, 3) and images.dtype == np.uint8
    assert images[1].tolist() == [[0, 10, 20], [30, 40, 50]]
    assert labels.dtype == np.int64 and labels.tolist() == [3, 9]


@pytest.mark.parametrize("lines", [[HEADER.removeprefix("label,"), row()], [row()]])
def test_without_labels(read, lines):
    images, labels = read(*lines)
    assert images.shape == (1, 2, 3) and labels is None


def test_gzipped(read):
    images, labels = read(HEADER, row(1), name="train.csv.gz")
    assert images.shape == (1, 2, 3) and labels.tolist() == [1]


def test_rows_of_several_pieces_keep_their_order(read, monkeypatch):
    monkeypatch.setattr("lightlab.data.csv_reader.CELLS_AT_ONCE", 10 * (PIXELS + 1))
    images, labels = read(HEADER, *(row(i % 10) for i in range(33)))
    assert len(images) == 33 and labels.tolist() == [i % 10 for i in range(33)]
    with pytest.raises(DataError, match="row 25, column 'label'"):
        read(HEADER, *[row(1)] * 23, row(10))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([""], "file is empty"),
        ([HEADER], "a header and no rows"),
        ([HEADER, ""], "a header and no rows"),
        (["id," + HEADER, row(1, 1)], "row 1: 8 columns, expected 7 or 6"),
        ([HEADER.replace(",", ";")], "1 columns, expected 7 or 6 .* commas"),
        ([HEADER, row(1, pixels=5)], "row 2: 6 columns, expected 7"),
        ([HEADER, row(1), row(1, pixels=5)], "row 3: 6 columns, expected 7"),
        ([HEADER, row(1), row(1), row(1, pixels=7)], "row 4: 8 columns, expected 7"),
        ([HEADER, row(1, pixels=7), row(1)], "row 2: 8 columns, expected 7"),
        ([row(1), row(1, pixels=5)], "row 2: 6 columns, expected 7"),
        (["class" + HEADER.removeprefix("label"), row(1)], "the first 'class'; expected 'label', then 6 pixels"),
        ([HEADER.removesuffix(",pixel6"), row(1, pixels=5)], "row 1: 6 columns, the first 'label'; expected"),
        ([HEADER, row(1), row("shoe")], "row 3, column 'label': 'shoe'; expected a whole number from 0 to 9"),
        ([HEADER, row(1), row(10)], "row 3, column 'label': label 10; expected a whole number from 0 to 9"),
        ([HEADER, row(-1)], "row 2, column 'label': label -1;"),
        ([HEADER, row(""), row(1)], "row 2, column 'label': empty cell"),
        ([row("x"), row(1)], "row 1, column 'label': 'x'"),
        ([row(""), row(1)], "row 1, column 'label': empty cell"),
        ([HEADER, row(1), "1,0,0,256,0,0,0"], "row 3, column 'pixel3': '256'; expected a whole number from 0 to 255"),
        ([HEADER, "1,0,0,-1,0,0,0"], "row 2, column 'pixel3': '-1'"),
        ([HEADER, "1,0,0,0.5,0,0,0"], r"row 2, column 'pixel3': '0.5'"),
        ([HEADER, "1,0,0,,0,0,0"], "row 2, column 'pixel3': empty cell"),
        ([HEADER, "1,0,0,NA,0,0,0"], "row 2, column 'pixel3': 'NA'"),
        ([HEADER, "1,0,0,nan,0,0,0"], "row 2, column 'pixel3': 'nan'"),
        ([HEADER, "1,0,0,inf,0,0,0"], "row 2, column 'pixel3': 'inf'"),
        ([HEADER, "", row(1), "", row(10)], "row 5, column 'label'"),
        ([HEADER, '1,"0\n",0,0,0,0,x'], "column 'pixel6': 'x'"),
        (["\0\1\2" * 100], "binary data"),
    ],
)
def test_a_fault_is_shown_with_row_and_column(read, lines, message):
    with pytest.raises(DataError, match=message) as caught:
        read(*lines)
    assert "\n" not in str(caught.value) and "train.csv" in str(caught.value)


def test_a_label_column_that_is_demanded(read):
    with pytest.raises(DataError, match="label column is missing: 6 columns, expected 7"):
        read(row(), labelled=True)


def test_no_label_column_is_demanded(read):
    with pytest.raises(DataError, match=r"7 columns, expected 6 \(6 pixels\)"):
        read(row(1), labelled=False)


def test_fewer_classes(read):
    with pytest.raises(DataError, match="label 2; expected a whole number from 0 to 1"):
        read(row(2), classes=2)


def test_a_gzip_cut_short(tmp_path):
    path = tmp_path / "train.csv.gz"
    lines = [HEADER, *(row(i % 10) for i in range(500))]
    path.write_bytes(gzip.compress("\n".join(lines).encode())[:-20])
    with pytest.raises(DataError, match="gzip file is cut short"):
        read_pixel_csv(path, height=2, width=3)


def test_a_long_line_of_nonsense(read):
    with pytest.raises(DataError, match=r"row 1: 1 columns, expected 7 or 6"):
        read("x" * 200_000)
