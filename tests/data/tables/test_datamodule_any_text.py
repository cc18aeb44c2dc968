"""Any text as a table: it is read into finite numbers, every row counted, or refused by one error."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lightlab.data.csv_reader import CsvFormat
from lightlab.data.tables.datamodule import Table
from lightlab.data.tables.raw_table import read_table
from lightlab.errors import LightlabError

NUMBERS = ["0", "1", "2.5", "-3", "1e5", "", "NA", " NA ", "1e-320", "9007199254740993", "１２"]
NASTY = [
    *("nan", "NAN", "inf", "1e400", "3.5e38", "-1e308", "9" * 5000, "1_000", "0x10", "True", "1,5", "1.234,56", "5%"),
    *(
        "$3",
        "−5",
        "2024-01-31",
        "31.12.2024",
        "2024-02-30",
        "99999-01-01",
        "a",
        "a.",
        "\x1b[31m",
        "=cmd()",
        "长春",
        "½",
    ),
    *('"', '"a\nb"', '"a', '""', "\r", "\t", ";", "1 234", "\u200b", "'"),
]
cells = st.sampled_from(NUMBERS) | st.sampled_from(NASTY) | st.text(max_size=3)
rows = st.lists(st.lists(st.sampled_from(NUMBERS), min_size=2, max_size=2), min_size=6, max_size=12)
texts = st.tuples(rows, st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2), cells), max_size=2))


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("any") / "my.csv"


def build(path, kind):
    return Table(
        "any", target_kind=kind, source="files", data_dir="", synthetic=None, file=str(path), seed=0, batch_size=4
    )


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
@given(texts, st.sampled_from(["number", "binary", "class"]), st.sampled_from(["\n", "\r\n", "\r"]))
def test_a_table_is_read_whole_and_finite_or_refused(path, text, kind, line_end):
    table = [[*row, str(number % 2)] for number, row in enumerate(text[0])]
    for row, column, cell in text[1]:
        table[row][column] = cell
    lines = [",".join(row) for row in [["a", "b", "y"], *table]]
    path.write_bytes((line_end.join(lines) + line_end).encode(errors="replace"))
    data = build(path, kind)
    try:
        data.setup()
        inputs = data.read(str(path))
    except LightlabError as error:
        assert len(str(error)) < 1000
        return
    assert sum(map(len, data.splits.values())) == len(inputs.names) == len(inputs.inputs)
    for split in data.splits.values():
        assert data.prepare(split.inputs).isfinite().all() and split.targets.float().isfinite().all()


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
@given(
    st.binary(max_size=60)
    | st.lists(cells | st.sampled_from([",", "\n"]), max_size=20).map(lambda x: "".join(x).encode(errors="replace"))
)
def test_any_bytes_are_a_table_or_one_error(path, content):
    path.write_bytes(content)
    try:
        assert len(read_table(path, CsvFormat()))
    except LightlabError as error:
        assert str(path) in str(error)
