import csv
import json
import re
import shlex

import pytest


@pytest.mark.slow
def test_a_sweep_leaves_its_report_and_each_command_in_it_gives_the_same_run_again(run_cli, tmp_path):
    overrides = ["task=digits_mlp", "data.source=embedded", "optimizer=sgd,adam", "seed=0,1", "trainer.max_epochs=2"]
    assert run_cli("-m", *overrides, "hydra.sweep.dir=sweep").returncode == 0

    page = (tmp_path / "sweep" / "report.html").read_text(encoding="utf-8")
    assert re.search(r"(sgd|adam) is better than|No clear difference between", page)
    with (tmp_path / "sweep" / "summary.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["optimizer"], row["seed"], row["state"]) for row in rows] == [
        (optimizer, seed, "done") for optimizer in ("sgd", "adam") for seed in ("0", "1")
    ]

    text = (tmp_path / "sweep" / "report.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"\[3\]\(\./3\).*`(python train.py .*?)`", text)
    assert run_cli(*shlex.split(command)[2:], "hydra.run.dir=again").returncode == 0
    again, first = (json.loads((tmp_path / name / "metrics.json").read_text()) for name in ("again", "sweep/3"))
    assert again["accuracy/val"] == first["accuracy/val"] == float(rows[3]["monitored"])
    assert again["loss/test"] == first["loss/test"]
