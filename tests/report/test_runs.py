import json
import os

import pytest

from lightlab.report.runs import read_run


def test_task_seed_monitor_and_metrics_of_a_run(write_run, tmp_path):
    run = read_run(write_run(tmp_path / "0", "task=toy", "seed=3", scores=(0.5, 0.75)))
    assert (run.outcome, run.task, run.seed, run.monitor) == ("done", "toy", "3", "accuracy/val")
    assert run.larger_is_better and run.metric("accuracy/val") == 0.75
    assert run.epochs.finite("accuracy/val") == {1: 0.5, 2: 0.75} and run.epochs_done == 2 and run.seconds == 2.0


@pytest.mark.parametrize(
    ("state", "reason", "outcome"),
    [
        ("pruned", "below the median", "pruned"),
        ("failed", "data.file=x.csv: no such file", "failed"),
        ("failed", "the loss is nan at step 7 (epoch 1, learning rate 9)", "diverged"),
        ("failed", "the loss is inf at or before step 7", "diverged"),
        ("unfinished", "", "unfinished"),
    ],
)
def test_a_run_that_is_not_done_says_why(write_run, tmp_path, state, reason, outcome):
    run = read_run(write_run(tmp_path / "0", state=state, reason=f"error: {reason}"))
    assert run.outcome == outcome
    assert run.reason == (reason or "interrupted, or still running")
    assert run.epochs_done == 2 and run.seconds == 2.5


def test_a_job_that_failed_before_it_began_has_its_record_and_its_error(tmp_path):
    (tmp_path / ".hydra").mkdir()
    (tmp_path / ".hydra" / "overrides.yaml").write_text("[task=digits_mlp, network=rnn]")
    (tmp_path / ".hydra" / "config.yaml").write_text("{name: digits_mlp, monitor: {name: loss/val, mode: min}}")
    (tmp_path / "error.txt").write_text("the network does not fit\n")
    run = read_run(tmp_path)
    assert (run.task, run.outcome, run.reason, run.monitor) == (
        "digits_mlp",
        "failed",
        "the network does not fit",
        "loss/val",
    )


@pytest.mark.parametrize("contents", ['{"name": "toy", "acc', "[1, 2]", "", "\0\0", "[" * 100_000, "9" * 10_000])
def test_damaged_results_are_no_results(write_run, tmp_path, contents):
    folder = write_run(tmp_path / "0")
    (folder / "metrics.json").write_text(contents)
    run = read_run(folder)
    assert run.outcome == "unfinished" and "metrics.json" in run.reason


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), "0.9", True and [1], 10**400])
def test_what_is_no_finite_number_is_no_metric(write_run, tmp_path, value):
    folder = write_run(tmp_path / "0")
    (folder / "metrics.json").write_text(json.dumps({"name": "toy", "accuracy/val": value}))
    assert read_run(folder).metric("accuracy/val") is None


@pytest.mark.parametrize("name", ["config.yaml", ".hydra/overrides.yaml", ".hydra/hydra.yaml"])
def test_nothing_that_is_read_runs(write_run, tmp_path, name):
    folder = write_run(tmp_path / "0")
    (folder / name).write_text(
        f"!!python/object/apply:pathlib.Path.touch [!!python/object/apply:pathlib.Path [{tmp_path}/ran]]"
    )
    read_run(folder)
    assert not (tmp_path / "ran").exists()


FILES = ["config.yaml", ".hydra/config.yaml", ".hydra/hydra.yaml", ".hydra/overrides.yaml", "environment.json"]
FILES += ["metrics.json", "metrics.csv", "error.txt", "pruned.txt"]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kind", ["folder", "pipe", "device", "link"])
def test_what_is_no_regular_file_is_noted_and_not_waited_for(write_run, tmp_path, name, kind):
    path = write_run(tmp_path / "0") / name
    path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero" if kind == "device" else "nowhere")
    run = read_run(tmp_path / "0")
    read_by_note = name not in (".hydra/config.yaml", ".hydra/overrides.yaml", "error.txt", "pruned.txt")
    assert bool(run.notes) == read_by_note and all(path.name in note for note in run.notes)


@pytest.mark.parametrize("contents", ["{a: [b", "just text", "[1]", "&a [*a]", "{name: {x: 1}, monitor: 3, seed: [1]}"])
def test_a_config_of_another_shape_is_tolerated(write_run, tmp_path, contents):
    folder = write_run(tmp_path / "0")
    for name in ("config.yaml", ".hydra/config.yaml", ".hydra/hydra.yaml", ".hydra/overrides.yaml", "environment.json"):
        (folder / name).write_text(contents)
    run = read_run(folder)
    assert (
        run.monitor == "loss/val"
        and run.setting("optimizer") != "sgd"
        and run.config_dir is None
        and isinstance(run.seed, str)
    )
