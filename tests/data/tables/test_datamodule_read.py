"""What a table's data module reads for prediction, with nothing but what a checkpoint holds."""

import json

import pandas as pd
import pytest
import torch

from lightlab.errors import DataError
from lightlab.training.building import build_data

PRICES = "id,size,colour,price\n" + "".join(f"r{i},{i},{'red' if i % 2 else 'blue'},{10 + i}\n" for i in range(40))
CLASSES = "a,y\n" + "".join(f"{i},{'yes' if i % 2 else 'no'}\n" for i in range(20))


@pytest.fixture
def reader(config, written):
    """Learns from a CSV of that content, and gives another data module with the state of the first."""

    def build(content=PRICES, task="regression", **options):
        if content is PRICES:
            options = {"index": "id", "target": "price"} | options
        settings = config(f"task={task}")["data"] | {"file": written(content, "my.csv"), "source": "files"} | options
        first, second = build_data({"data": settings}), build_data({"data": settings})
        first.setup()
        second.load_state_dict(json.loads(json.dumps(first.state_dict())))
        second.spec, second.splits = first.spec, first.splits
        return second

    return build


def test_prediction_reads_what_training_read(reader, tmp_path):
    data = reader()
    inputs = data.read(str(tmp_path / "my.csv"))
    assert inputs.names == [f"r{i}" for i in range(40)] and inputs.index_name == "id" and inputs.columns is None
    restored = data.spec.target_scale.restored(inputs.targets)
    assert restored.flatten().tolist() == pytest.approx(range(10, 50))
    stored = {tuple(row) for split in data.splits.values() for row in split.inputs.tolist()}
    assert {tuple(row) for row in inputs.inputs.tolist()} == stored


def test_the_order_of_columns_is_free_and_the_target_and_the_index_may_lack(reader, written):
    data = reader()
    one = data.read(written("colour,size\nred,3\n"))
    assert one.names == ["1"] and one.index_name == "row" and one.targets is None
    assert one.inputs.tolist() == data.read(written("size,id,price,colour\n3,007,,red\n")).inputs.tolist()
    assert data.read(written("size,id,price,colour\n3,007,,red\n")).names == ["007"]


def test_columns_that_lack_are_named_and_others_are_passed_over(reader, written, capsys):
    data = reader()
    with pytest.raises(DataError, match="lacks column size of what this run learnt from; did you mean 'sise'"):
        data.read(written("sise,colour\n1,red\n"))
    capsys.readouterr()
    assert len(data.read(written("size,garden,colour\n1,yes,red\n")).names) == 1
    assert "column garden: not in the table that this run learnt from, ignored" in capsys.readouterr().err


def test_categories_never_seen_are_ignored_counted_and_said(reader, written, capsys):
    data = reader()
    capsys.readouterr()
    inputs = data.read(written("size,colour\n1,green\n2,red\n3,grey\n"))
    assert data.prepare(inputs.inputs)[:, 1:].tolist() == [[0, 0], [0, 1], [0, 0]]
    said = capsys.readouterr().err
    assert said.endswith("new.csv: 2 cells hold categories that training did not see, ignored: colour 2\n")
    assert said.count("\n") == 1


def test_text_where_numbers_were_learnt_is_refused(reader, written):
    data = reader()
    with pytest.raises(DataError, match="column size, row 3: 'big'; a number is expected"):
        data.read(written("size,colour\n1,red\nbig,red\n"))
    with pytest.raises(DataError, match="column size, row 2: inf; a finite number is expected"):
        data.read(written("size,colour\ninf,red\n"))
    with pytest.raises(DataError, match=r"column size, row 2: 1e\+300; a finite number is expected"):
        data.read(written("size,colour\n1e300,red\n"))
    with pytest.raises(DataError, match="column price, row 3: 'x'"):
        data.read(written("size,colour,price\n1,red,3\n1,red,x\n"))


def test_a_target_without_a_logarithm_is_refused(reader, written):
    with pytest.raises(DataError, match=r"column price, row 3: 0\.0; data\.target_scale=log takes numbers above 0"):
        reader(target_scale="log").read(written("size,colour,price\n1,red,3\n1,red,0\n"))


def test_a_row_written_out(reader):
    data = reader()
    assert data.prepare(data.read([[3, "red"]]).inputs).shape == (1, 3)
    assert data.read([3, "red"]).inputs.tolist() == data.read([[3.0, "red"]]).inputs.tolist()
    assert data.read([[None, None], [3, "red"]]).names == ["1", "2"]
    with pytest.raises(DataError, match="row 1 has 1 cells; this run takes 2: size, colour"):
        data.read(3)


def test_a_class_that_training_did_not_have_is_refused(reader, written):
    data = reader(CLASSES, task="softmax")
    assert data.read(written("a,y\n1,yes\n2,no\n")).targets.tolist() == [1, 0]
    with pytest.raises(DataError, match="column y, row 3: 'maybe'; expected is one of no, yes"):
        data.read(written("a,y\n1,yes\n2,maybe\n"))


def test_parquet_and_csv_give_the_same(reader, tmp_path):
    data = reader()
    pd.read_csv(tmp_path / "my.csv").to_parquet(tmp_path / "my.parquet")
    csv, parquet = (data.read(str(tmp_path / name)) for name in ("my.csv", "my.parquet"))
    assert csv.names == parquet.names and torch.equal(csv.inputs, parquet.inputs)
    assert torch.equal(csv.targets, parquet.targets)
