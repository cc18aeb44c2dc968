import json
from pathlib import Path

import pytest
import yaml


def _write_run(
    folder: Path,
    *overrides: str,
    scores=(0.5, 0.6),
    test=0.55,
    state="done",
    reason="",
    monitor="accuracy/val",
    **metrics,
):
    """A run's folder as training leaves it: an epoch for each of `scores`; `metrics` go into metrics.json."""
    record = folder / ".hydra"
    record.mkdir(parents=True)
    values = dict(each.partition("=")[::2] for each in overrides)
    config = {
        "name": values.get("task", "toy"),
        "seed": int(values.get("seed", "0")),
        "optimizer": {"lr": 0.1},
        "trainer": {},
    }
    config["monitor"] = {"name": monitor, "mode": "min" if monitor.startswith("loss") else "max"}
    (record / "overrides.yaml").write_text(yaml.safe_dump(list(overrides), allow_unicode=True), encoding="utf-8")
    choices = {"runtime": {"choices": {"optimizer": values.get("optimizer", "sgd")}, "config_sources": []}}
    (record / "hydra.yaml").write_text(yaml.safe_dump({"hydra": choices}), encoding="utf-8")
    (folder / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    lines = [f"{epoch},{epoch}.5,0.01,{score},{1 - score}\n" for epoch, score in enumerate(scores, 1)]
    if lines:
        header = f"epoch,seconds,learning_rate,{monitor},loss/{'extra' if monitor == 'loss/train' else 'train'}\n"
        (folder / "metrics.csv").write_text(header + "".join(lines), encoding="utf-8")
    best = (min if monitor.startswith("loss") else max)(scores, default=0)
    results = {"name": config["name"], "data": "embedded", "seconds": 2.0, "epochs": len(scores), "best_epoch": 1}
    results |= {monitor: best, "accuracy/test": test} | metrics
    if state == "done":
        (folder / "metrics.json").write_text(json.dumps(results), encoding="utf-8")
    elif state != "unfinished":
        (folder / ("pruned.txt" if state == "pruned" else "error.txt")).write_text(f"{reason}\n", encoding="utf-8")
    return folder


@pytest.fixture
def write_run():
    return _write_run


@pytest.fixture
def sweep(tmp_path):
    """Three seeds of each of two optimizers: adam reaches 0.90 to 0.92, sgd 0.70 to 0.72."""
    folder = tmp_path / "sweep"
    for number, (optimizer, seed) in enumerate((each, seed) for each in ("sgd", "adam") for seed in range(3)):
        best = {"sgd": 0.7, "adam": 0.9}[optimizer] + 0.01 * seed
        _write_run(folder / str(number), f"optimizer={optimizer}", f"seed={seed}", scores=(0.5, best), test=best - 0.05)
    return folder


@pytest.fixture
def grid(tmp_path):
    """Two optimizers times three learning rates, two seeds each."""
    folder = tmp_path / "grid"
    settings = [(optimizer, lr, seed) for optimizer in ("sgd", "adam") for lr in (0.1, 0.01, 1.0) for seed in (0, 1)]
    for number, (optimizer, lr, seed) in enumerate(settings):
        best = 0.8 + (0.1 if optimizer == "adam" else 0) - (0.05 if lr == 1.0 else 0) + 0.01 * seed
        overrides = (f"optimizer={optimizer}", f"optimizer.lr={lr}", f"seed={seed}")
        _write_run(folder / str(number), *overrides, scores=(0.5, best))
    return folder


@pytest.fixture
def wrecks(tmp_path):
    """What crashes leave: a run in each state, files cut and damaged, another task."""
    folder = tmp_path / "wrecks"
    cut = _write_run(folder / "0", "optimizer=adam", "seed=0", scores=(0.5, 0.6, 0.7)) / "metrics.csv"
    cut.write_text(cut.read_text()[:-3])
    (_write_run(folder / "1", "optimizer=adam", "seed=1") / "metrics.json").write_text('{"name": "toy", "accu')
    nothing = _write_run(folder / "2", "optimizer=sgd", "seed=0", scores=(0.4, float("nan"), float("inf")))
    (nothing / "metrics.json").write_text('{"name": "toy", "accuracy/val": null}')
    _write_run(folder / "3", "optimizer=sgd", "seed=1", state="unfinished")
    _write_run(folder / "4", "optimizer=rmsprop", state="failed", reason="error: no such file", scores=())
    reason = "the loss is nan at step 12 (epoch 1, learning rate 1); try optimizer.lr=0.1"
    _write_run(folder / "5", "optimizer=rmsprop", "seed=1", state="failed", reason=reason)
    _write_run(folder / "6", "optimizer=adadelta", state="pruned", reason="below the median of 0.7 at epoch 2")
    _write_run(folder / "7", "task=other", "optimizer=adam")
    return folder
