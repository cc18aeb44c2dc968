"""Tables from the command line: trained on, predicted, and handed back as they came."""

import csv
import json
from pathlib import Path

import pytest

from lightlab.data.synthetic.houses import houses

pytestmark = pytest.mark.slow
TINY = ["trainer.max_epochs=2", "data.batch_size=16"]


def test_house_prices_gives_what_kaggle_takes(run_cli, tmp_path):
    done = run_cli("task=regression", "data=house_prices", "data.source=embedded", "data.target_scale=log", *TINY)
    assert done.returncode == 0, done.stderr
    houses(20, seed=1).drop(columns="SalePrice").iloc[::-1].to_csv(tmp_path / "test.csv", index=False, na_rep="NA")
    done = run_cli("predict.py", "run=last", "input=test.csv", "output=submission.csv")
    assert done.returncode == 0, done.stderr
    header, *rows = csv.reader((tmp_path / "submission.csv").read_text().splitlines())
    assert header == ["Id", "SalePrice"]
    assert [row[0] for row in rows] == [str(number) for number in range(20, 0, -1)]
    assert all(1_000 < float(row[1]) < 10_000_000 for row in rows)


def test_a_table_of_ones_own_in_chinese(run_cli, tmp_path):
    rows = "".join(f"甲{i},{i},{'好' if i % 3 else '差'},{i % 2}\n" for i in range(60))
    (tmp_path / "城市.csv").write_bytes(f"编号,大小,等级,结果\n{rows}".encode("gbk"))
    done = run_cli("task=binary", "data.file=城市.csv", "data.target=结果", "data.index=编号", *TINY)
    assert done.returncode == 0, done.stderr
    assert "read as GBK" in done.stderr
    done = run_cli("predict.py", "run=last", "input=城市.csv", "output=out.csv")
    assert done.returncode == 0, done.stderr
    found = list(csv.DictReader((tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["编号"] for row in found] == [f"甲{i}" for i in range(60)]
    assert [row["label"] for row in found] == [str(i % 2) for i in range(60)]
    assert "scored on 60 labelled rows" in done.stdout


def test_classes_by_folds(run_cli, tmp_path):
    done = run_cli("task=softmax", "folds=3", *TINY)
    assert done.returncode == 0, done.stderr
    (results,) = (json.loads(path.read_text()) for path in Path(tmp_path, "runs").glob("*/*/metrics.json"))
    assert results["data"] == "embedded" and 0 <= results["accuracy/test"] <= 1


def test_a_target_that_is_not_there_is_answered_in_a_line(run_cli, tmp_path):
    (tmp_path / "my.csv").write_text("size,price\n1,2\n2,3\n")
    done = run_cli("task=regression", "data.file=my.csv", "data.target=prise")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "error: my.csv: no column 'prise' (data.target); did you mean 'price'? columns: size, price"
    ]
    assert not list(tmp_path.glob("runs/*/*"))
