"""Tables, from the file to the splits."""

import gzip

import numpy as np
import pytest
import torch
from sklearn.model_selection import train_test_split

from lightlab.data.sources import note
from lightlab.data.splits import Fold
from lightlab.errors import DataError, LightlabError, UsageError
from lightlab.training.building import build_data

PRICES = "id,size,colour,price\n" + "".join(f"r{i},{i},{'red' if i % 2 else 'blue'},{10 + i}\n" for i in range(40))


@pytest.fixture
def table(config, tmp_path):
    """A data module on a CSV of that content: ``table(PRICES, index="id")``."""

    def build(content, task="regression", **options):
        (tmp_path / "my.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
        settings = config(f"task={task}")["data"] | {"file": str(tmp_path / "my.csv"), "source": "files"} | options
        return build_data({"data": settings})

    return build


@pytest.fixture
def learnt(table):
    """The same, set up."""

    def build(*content, **options):
        data = table(*content, **options)
        data.setup()
        return data

    return build


def test_a_table_of_numbers_and_categories(learnt):
    data = learnt(PRICES, index="id", target="price")
    assert data.spec.input_shape == (3,) and data.spec.input_names == ("size", "colour=blue", "colour=red")
    assert (data.spec.target, data.spec.target_name, data.spec.output_size) == ("number", "price", 1)
    assert {name: len(split) for name, split in data.splits.items()} == {"train": 28, "val": 4, "test": 8}
    assert data.origin == "real" and data.spec.positive_target
    assert data.prepare(data.splits["train"].inputs)[:, 1:].sum(1).eq(1).all()


def test_the_test_rows_are_scikit_learns(learnt):
    data = learnt(PRICES, index="id", target="price", target_scale="raw")
    test = train_test_split(np.arange(40), test_size=0.2, random_state=42)[1]
    assert sorted(data.splits["test"].targets.flatten().tolist()) == sorted(10 + test)


def test_the_preparation_knows_the_training_rows_alone(learnt):
    inputs = learnt(PRICES, index="id", target="price").splits["train"].inputs[:, 0]
    assert float(inputs.mean()) == pytest.approx(0, abs=1e-6) and float(inputs.std(correction=0)) == pytest.approx(1)


@pytest.mark.parametrize(("scale", "mean", "std"), [("standard", 0, 1), ("log", 0, 1), ("raw", 30, 11)])
def test_targets_are_scaled_and_can_be_restored(learnt, scale, mean, std):
    data = learnt(PRICES, index="id", target="price", target_scale=scale)
    targets = data.splits["train"].targets
    assert float(targets.mean()) == pytest.approx(mean, abs=2) and float(targets.std()) == pytest.approx(std, abs=2)
    restored = torch.cat([data.spec.target_scale.restored(split.targets) for split in data.splits.values()])
    assert sorted(restored.flatten().tolist()) == pytest.approx(range(10, 50))


def test_classes_are_the_values_in_order(learnt):
    data = learnt(PRICES, task="softmax", index="id", target="colour")
    assert data.spec.class_names == ("blue", "red") and data.splits["train"].targets.dtype == torch.int64
    numbers = "x,y\n" + "".join(f"{i},{[9, 10, 2][i % 3]}\n" for i in range(30))
    assert learnt(numbers, task="softmax").spec.class_names == ("2", "9", "10")


def test_the_positive_class_is_1(learnt):
    data = learnt(PRICES, task="binary", index="id", target="colour", drop=["price"])
    assert data.spec.class_names == ("blue", "red") and data.splits["train"].targets.shape == (28, 1)
    data = learnt(PRICES, task="binary", index="id", target="colour", positive="blue", class_names=["other", "sea"])
    assert data.learnt.target.values == ["red", "blue"] and data.spec.class_names == ("other", "sea")


def test_every_class_has_its_share_of_the_test_rows(learnt):
    rare = "x,y\n" + "".join(f"{i},{'yes' if i % 10 == 0 else 'no'}\n" for i in range(100))
    assert float(learnt(rare, task="binary").splits["test"].targets.sum()) == 2


def test_without_a_target_the_last_column_is_predicted_and_said(learnt, capsys):
    assert learnt(PRICES, index="id").spec.target_name == "price"
    assert "my.csv: data.target is not given: the last column, price, is predicted" in capsys.readouterr().err


def test_folds_cover_the_rows_that_are_not_for_the_test(table):
    tested = []
    for index in range(4):
        data = table(PRICES, index="id", target="price", target_scale="raw")
        data.fold = Fold(index, 4)
        data.setup()
        tested += data.splits["test"].targets.flatten().tolist()
    assert len(tested) == len(set(tested)) == 32


def test_test_rows_of_their_own(learnt, written):
    path = written(PRICES.replace("red", "green").replace("r3,", "s3,"), "test.csv")
    data = learnt(PRICES, index="id", target="price", test_file=path)
    assert {name: len(split) for name, split in data.splits.items()} == {"train": 36, "val": 4, "test": 40}
    with pytest.raises(DataError, match="lacks the column price"):
        learnt(PRICES, index="id", target="price", test_file=written("id,size,colour\n1,2,red\n"))


def test_fewer_rows_on_request(learnt):
    assert len(learnt(PRICES, index="id", target="price", train_size=10).splits["train"]) == 10


def test_roles_by_name(learnt):
    data = learnt(PRICES, target="price", drop=["id"], categorical=["size"])
    assert data.learnt.preparation.numeric == [] and len(data.learnt.preparation.categories["size"]) == 28


def test_an_empty_column_is_left_out_and_said(learnt, capsys):
    rows = "".join(f"{i},,{i}\n" for i in range(20))
    assert learnt("a,b,y\n" + rows, target="y").spec.input_names == ("a",)
    assert "column b: empty in all training rows, left out" in capsys.readouterr().err


def test_a_column_of_mixed_types_is_taken_as_categories_and_said(learnt, capsys):
    rows = "".join(f"{i},{'abc' if i == 3 else i % 4},{i}\n" for i in range(20))
    assert list(learnt("a,b,y\n" + rows, target="y").learnt.preparation.categories) == ["b"]
    said = capsys.readouterr().err
    assert "column b mixes numbers and text ('abc' in row 5): taken as categories" in said
    assert learnt("a,b,y\n" + rows, target="y", missing_values=["abc"]).learnt.preparation.numeric == ["a", "b"]
    with pytest.raises(DataError, match="column b, row 5: 'abc'; a number is expected"):
        learnt("a,b,y\n" + rows, target="y", numeric=["b"])


def test_a_text_column_of_too_many_values_is_left_out_and_said(learnt, capsys):
    assert "id" not in learnt(PRICES, target="price", max_categories=20).learnt.preparation.columns
    assert "column id: 28 different texts, left out; data.max_categories= allows more" in capsys.readouterr().err
    named = learnt(PRICES, target="price", max_categories=20, categorical=["id"])
    assert "id" in named.learnt.preparation.columns


def test_a_constant_column_trains(learnt):
    data = learnt("a,b,y\n" + "".join(f"7,{i},{i}\n" for i in range(20)), target="y")
    assert torch.isfinite(data.splits["train"].inputs).all()


BAD = [
    ("a,price\n1,2\n2,3\n", {"target": "prise"}, r"no column 'prise' \(data.target\); did you mean 'price'"),
    ("a,y\n1,2\n2,3\n", {"drop": ["b"]}, r"no column 'b' \(data\.drop\)"),
    ("a,y\n1,2\n2,3\n", {"numeric": ["b"]}, r"no column 'b' \(data\.numeric\)"),
    ("a,y\n1,2\n2,x\n3,\n4,y\n5,6\n", {"target": "y"}, r"column y, rows 3, 4, 5: 'x'; a number is expected"),
    ("a,y\n1,\n2,3\n3,\n", {"target": "y"}, r"column y, rows 2, 4: an empty cell; a number is expected"),
    ("a,y\n1,inf\n2,3\n", {"target": "y"}, r"column y, row 2: inf; a number is expected"),
    ("a,y\n-inf,1\n2,3\n3,4\n", {"target": "y"}, r"column a, row 2: -inf; a finite number is expected"),
    ("a,y\n1,2\n", {"target": "y"}, "one row; two or more are needed"),
    ("a,y\n", {"target": "y"}, "a header and no rows"),
    ("y\n1\n2\n3\n", {"target": "y"}, "no column to learn y from"),
    ("a,y\n1,2\n2,-3\n3,0\n", {"target": "y", "target_scale": "log"}, "rows 3, 4: -3.0; data.target_scale=log takes"),
    ("a;y\n1;2\n", {"target": "y"}, 'data.separator=";"'),
    ("a,y\n1,2\n", {"separator": ";;"}, "data.separator=;;: must be one character"),
    ("a,y,a\n1,2,3\n", {"target": "y"}, "more than one column 'a'"),
    (gzip.compress(PRICES.encode())[:-20], {}, "the gzip file is cut short"),
]


@pytest.mark.parametrize(("content", "options", "message"), BAD, ids=range(len(BAD)))
def test_bad_tables_are_refused_in_a_line(learnt, content, options, message):
    with pytest.raises(LightlabError, match=message) as caught:
        learnt(content, **options)
    assert "\n" not in str(caught.value)


CLASSES = "a,y\n" + "".join(f"{i},{'yes' if i % 2 else 'no'}\n" for i in range(20))


@pytest.mark.parametrize(
    ("content", "task", "options", "message"),
    [
        (CLASSES + "9,\n", "binary", {}, "column y, row 22: an empty cell; a class is expected"),
        (CLASSES + "9,maybe\n", "binary", {}, r"3 classes \(maybe, no, yes\) where two are expected; task=softmax"),
        (CLASSES, "binary", {"positive": "yess"}, "data.positive=yess: no such value in column y; did you mean 'yes'"),
        (CLASSES, "binary", {"class_names": ["one"]}, r"column y has 2 classes \(no, yes\); name all"),
        ("a,y\n1,x\n2,x\n3,x\n", "softmax", {}, "every row is 'x'; two classes or more"),
        (PRICES, "softmax", {"index": "id"}, "40 classes in 40 rows; if these are numbers to predict: task=regression"),
    ],
)
def test_bad_classes_are_refused_in_a_line(learnt, content, task, options, message):
    with pytest.raises(LightlabError, match=message):
        learnt(content, task=task, **options)


def test_a_named_file_that_is_missing_is_never_replaced_by_synthetic_data(table):
    with pytest.raises(DataError, match=r"nowhere\.csv: no such file"):
        table(PRICES, file="nowhere.csv", source="auto").setup()


@pytest.mark.parametrize("task", ["regression", "binary", "softmax"])
def test_without_a_file_synthetic_data_is_taken_and_said_once(config, capsys, task):
    note.cache_clear()
    for _ in range(2):
        data = build_data({"data": config(f"task={task}")["data"]})
        data.setup()
        assert data.origin == "embedded"
    assert capsys.readouterr().err.count("data.file= names no table") == 1
    with pytest.raises(DataError, match="names no table"):
        build_data({"data": config(f"task={task}")["data"] | {"source": "files"}}).setup()


def test_an_unknown_separator_is_a_usage_error(table):
    with pytest.raises(UsageError):
        table(PRICES, separator="")
    assert table("a\ty\n1\t2\n", separator="\\t").form.separator == "\t"


def test_dates_and_decimal_commas_are_learnt_and_predicted_alike(table):
    rows = "".join(f"{1 + i % 28}.{1 + i % 12}.2024;{i},5;1.{200 + i},5\n" for i in range(40))
    options = {"separator": ";", "decimal": ",", "number_marks": ["."], "dates": ["day"]}
    data = table("day;size;price\n" + rows, target="price", target_scale="raw", **options)
    data.setup()
    assert data.spec.input_names == ("size", "day.year", "day.month", "day.weekday")
    assert data.splits["train"].targets.min() >= 1200.5
    again = table("day;size;price\n" + rows, target="price", **options)
    again.load_state_dict(data.state_dict())
    read = again.read([["1.1.2024", "0,5"], ["2024-01-01", 0.5]]).inputs
    assert read[0].equal(read[1]) and read[0].equal(again.read(again.file).inputs[0])


def test_dates_and_decimal_commas_are_asked_about(table):
    with pytest.raises(DataError, match=r"column day holds dates \('2024-01-01'\): data\.dates=\[day\]"):
        table("day,y\n" + "".join(f"2024-01-{1 + i:02},{i}\n" for i in range(20))).setup()
    with pytest.raises(DataError, match=r"""column y, .*: '0,5'; a number is expected .*\('data\.decimal=","' reads"""):
        table("x,y\n" + "".join(f'{i},"{i},5"\n' for i in range(20))).setup()


@pytest.mark.parametrize("cell", ["1e400", "9" * 5000, "3.5e38", "-inf"])
def test_a_number_too_large_names_its_column_and_its_rows_alone(table, cell):
    with pytest.raises(
        DataError, match=r"my\.csv, column x, row 3: .*; a finite number is expected, of at most 3\.4e\+38"
    ):
        table(f"x,y\n1,2\n{cell},3\n" + "5,6\n7,8\n" * 9).setup()
    with pytest.raises(DataError, match=r"my\.csv, column y, row 3: .*; a number is expected"):
        table(f"x,y\n1,2\n3,{cell}\n" + "5,6\n7,8\n" * 9).setup()


def test_a_number_too_large_beside_those_learnt_names_its_column(learnt, tmp_path):
    data = learnt("x,y\n" + "".join(f"1.{i % 2:09},{i}\n" for i in range(40)))
    with pytest.raises(DataError, match=r"input=, column x, row 2: a number is too large beside those learnt"):
        data.read([[1.0], [3e38]])


def test_classes_of_whole_numbers_that_run_together_are_refused(table):
    rows = "".join(f"{i},{9007199254740992 + i % 2}\n" for i in range(20))
    with pytest.raises(DataError, match=r"numbers from 2\^53 on run together; data\.categorical=\[y\]"):
        table("x,y\n" + rows, task="binary").setup()
    data = table("x,y\n" + rows, task="binary", categorical=["y"])
    data.setup()
    assert data.spec.class_names == ("9007199254740992", "9007199254740993")
    assert data.read(data.file).targets.flatten().tolist() == [0, 1] * 10


def test_classes_that_look_alike_are_said(learnt, capsys):
    learnt("x,y\n" + "".join(f"{i},{'yes' if i % 2 else 'Yes.'}\n" for i in range(20)), task="binary")
    assert "column y: 'Yes.' and 'yes' are taken as different classes" in capsys.readouterr().err
