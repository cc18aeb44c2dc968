from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml


def write_run(
    folder: Path, *told: str, scores=(0.5, 0.6), test=0.55, state="done", reason="", monitor="accuracy/val", **more
):
    """A run's folder as training leaves it: one epoch for each of `scores`; `more` goes into metrics.json."""
    (folder / ".hydra").mkdir(parents=True)
    overrides = dict(each.partition("=")[::2] for each in told)
    seed = int(overrides.get("seed", "0"))
    config = {"name": overrides.get("task", "toy"), "seed": seed, "monitor": {"name": monitor, "mode": "max"}}
    config["optimizer"] = {"lr": 0.1}
    (folder / ".hydra" / "overrides.yaml").write_text(yaml.safe_dump(list(told), allow_unicode=True), encoding="utf-8")
    (folder / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    lines = [f"{epoch},{epoch}.5,0.01,{score},{1 - score}\n" for epoch, score in enumerate(scores, 1)]
    header = f"epoch,seconds,learning_rate,{monitor},loss/train\n"
    (folder / "metrics.csv").write_text(header + "".join(lines) if scores else "")
    best = max(scores, default=0)
    metrics = {"name": config["name"], "data": "embedded", "seconds": 2.0, "epochs": len(scores), "best_epoch": 1}
    if state == "done":
        metrics |= {monitor: best, "accuracy/test": test} | more
        (folder / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    elif state != "unfinished":
        (folder / ("pruned.txt" if state == "pruned" else "error.txt")).write_text(f"{reason}\n", encoding="utf-8")
    return folder


@pytest.fixture
def sweep(tmp_path):
    """Three seeds of each of two optimizers, adam the better one."""
    folder = tmp_path / "sweep"
    for number, (optimizer, seed) in enumerate((each, seed) for each in ("sgd", "adam") for seed in range(3)):
        best = {"sgd": 0.7, "adam": 0.9}[optimizer] + 0.01 * seed
        write_run(folder / str(number), f"optimizer={optimizer}", f"seed={seed}", scores=(0.5, best), test=best - 0.05)
    return folder
