import socket
import threading

import numpy as np
import pandas as pd
import pytest
from sklearn.utils import Bunch

from lightlab.data import download as openml
from lightlab.data.csv_reader import CsvFormat
from lightlab.data.synthetic.bundled import patients
from lightlab.data.tables.raw_table import read_table
from lightlab.errors import DataError
from lightlab.training.building import build_data


@pytest.fixture
def data_set(config, tmp_path):
    def build(name, **options):
        settings = config("task=regression" if name == "house_prices" else "task=binary", f"data={name}")["data"]
        return build_data({"data": settings | {"data_dir": str(tmp_path)} | options})

    return build


@pytest.fixture
def served(monkeypatch):
    """Stands in for openml.org: gives these tables by number, or fails as it says."""
    tables = {}
    monkeypatch.setattr(openml, "check_reachable", lambda url: None)
    monkeypatch.setattr("sklearn.datasets.fetch_openml", lambda data_id, **options: tables[data_id]())
    return tables


def pima():
    table = patients()
    return Bunch(data=table.drop(columns="class"), target=table["class"].astype("category"))


def test_a_download_is_kept_as_a_whole_csv_and_not_fetched_again(data_set, served, tmp_path):
    served[37] = pima
    first = data_set("diabetes")
    first.setup()
    assert first.origin == "real" and len(pd.read_csv(tmp_path / "diabetes" / "pima.csv")) == 768
    assert [path.name for path in (tmp_path / "diabetes").iterdir()] == ["pima.csv"]
    served.clear()
    again = data_set("diabetes", source="files")
    again.setup()
    assert again.splits["test"].targets.equal(first.splits["test"].targets)


def test_openmls_positive_class_is_diabetes(data_set, served):
    served[37] = pima
    data = data_set("diabetes")
    data.setup()
    assert data.learnt.target.values == ["tested_negative", "tested_positive"]
    assert data.spec.class_names == ("no diabetes", "diabetes")
    assert float(data.splits["train"].targets.mean()) < 0.5


def damaged():
    raise ValueError("md5 checksum of local file does not match description")


def silent():
    raise TimeoutError("timed out")


@pytest.mark.parametrize("failure", [damaged, silent])
def test_a_download_that_fails_leaves_nothing_and_synthetic_data_is_taken(data_set, served, tmp_path, capsys, failure):
    served[37] = failure
    data = data_set("diabetes")
    data.setup()
    assert data.origin == "embedded" and not list(tmp_path.glob("diabetes/*"))
    said = capsys.readouterr().err
    assert "data set 37 could not be downloaded from https://www.openml.org" in said
    assert "it should have diabetes.csv or pima.csv" in said


def test_a_network_that_does_not_answer_is_given_up_on(monkeypatch, tmp_path):
    monkeypatch.setattr("lightlab.data.download.CONNECT_SECONDS", 0.1)
    answered = threading.Event()

    def hang(*args, **options):
        answered.wait(5)
        raise OSError("no answer")

    monkeypatch.setattr(socket, "create_connection", hang)
    with pytest.raises(DataError, match="connect to the network, or put the file into"):
        openml.download_table(37, tmp_path / "pima.csv")
    answered.set()


def test_files_are_demanded(data_set, tmp_path):
    with pytest.raises(DataError, match=r"does not hold house_prices: it should have train\.csv or house_prices\.csv"):
        data_set("house_prices", source="files").setup()


def test_the_courses_diabetes_has_its_label_turned_round(data_set, tmp_path):
    (tmp_path / "diabetes").mkdir()
    random = np.random.default_rng(0)
    rows = np.column_stack([random.uniform(-1, 1, (50, 8)).round(3), random.random(50) < 0.7])
    np.savetxt(tmp_path / "diabetes" / "diabetes.csv", rows, "%g", ",")
    data = data_set("diabetes")
    data.setup()
    assert data.learnt.target.values == ["1", "0"] and data.spec.target_name == "label"
    diabetics = sum(float(split.targets.sum()) for split in data.splits.values())
    assert diabetics == (rows[:, 8] == 0).sum()
    assert data.read(str(tmp_path / "diabetes" / "diabetes.csv")).targets.flatten().tolist() == list(1 - rows[:, 8])


def test_the_real_house_prices(data_set, real_data):
    data = data_set("house_prices", data_dir=str(real_data))
    data.setup()
    assert {name: len(split) for name, split in data.splits.items()} == {"train": 1051, "val": 117, "test": 292}
    assert len(data.learnt.preparation.columns) == 79 and len(data.learnt.preparation.numeric) == 36
    kaggle = data.read(str(real_data / "house_prices" / "test.csv"))
    assert kaggle.names == [str(number) for number in range(1461, 2920)] and kaggle.index_name == "Id"
    assert kaggle.targets is None and kaggle.columns is None


def test_the_real_diabetes(data_set, real_data):
    data = data_set("diabetes", data_dir=str(real_data))
    data.setup()
    targets = np.concatenate([split.targets.numpy() for split in data.splits.values()])
    assert len(targets) == 759 and targets.sum() == 263


def test_missing_cells_are_counted_as_the_file_has_them(data_set, real_data):
    for name, cells, columns in (("train.csv", 6965, 19), ("test.csv", 7000, 33)):
        missing = read_table(real_data / "house_prices" / name, CsvFormat()).frame.isna().sum()
        assert (missing.sum(), (missing > 0).sum()) == (cells, columns)
