import math

import pytest
import yaml

from benchmarks import matrix
from benchmarks.matrix import Pair, Requirements

REQUIRED = Requirements({"steps": 5, "factor": 0.8}, {"surface": {"factor": 0.5}}, {"surface": {"sgd": "too slow"}})


def pair(task="softmax", optimizer="sgd", first=1.0, last=0.5) -> Pair:
    return Pair(task, optimizer, 0.1, 5, "embedded", first, last, 1.0)


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Runs the matrix on fake trainings that end at `last`; returns its page."""

    def run(last: float, *arguments: str) -> str:
        def fake_run(config, task, optimizer):
            trained.append((task, optimizer))
            return Pair(task, optimizer, config["optimizer"]["lr"], config["trainer"]["max_steps"], "", 1.0, last, 1)

        monkeypatch.setattr(matrix, "run", fake_run)
        monkeypatch.setattr("sys.argv", ["matrix", "--to", str(tmp_path), *arguments])
        matrix.main()
        return (tmp_path / "matrix.md").read_text(encoding="utf-8")

    trained: list[tuple[str, str]] = []
    run.trained = trained
    return run


def test_a_pair_passes_when_its_loss_falls_to_the_factor_of_its_task():
    assert REQUIRED.passes(pair(last=0.8)) and not REQUIRED.passes(pair(last=0.81))
    assert REQUIRED.passes(pair("surface", last=0.5)) and not REQUIRED.passes(pair("surface", last=0.51))
    assert not REQUIRED.passes(pair(last=math.inf)) and not REQUIRED.passes(pair(first=math.nan, last=math.inf))


def test_the_page_gives_the_reason_of_a_pair_that_cannot_pass():
    page = matrix.page([pair(), pair("surface", last=0.9)], REQUIRED)
    assert "1 of 2 pass. Why the others cannot:" in page and "1. `surface` × `sgd`: too slow" in page
    assert "| `softmax` | embedded | 5 | 0.8 | 0.5 | – |" in page and "| **0.9** (1) |" in page


def test_a_pair_that_fails_without_a_reason_ends_with_1(run, capsys):
    with pytest.raises(SystemExit) as stop:
        run(0.99, "--tasks", "softmax", "--optimizers", "sgd,adam")
    assert stop.value.code == 1
    assert "2 failed: softmax × sgd, softmax × adam" in capsys.readouterr().err


def test_finished_pairs_are_kept_unless_they_would_differ(run):
    run(0.1, "--tasks", "softmax", "--optimizers", "sgd")
    run(0.2, "--tasks", "softmax", "--optimizers", "sgd,adam")
    assert run.trained == [("softmax", "sgd"), ("softmax", "adam")]
    cells = [{"sgd": "0.1", "adam": "0.2"}.get(optimizer, "–") for optimizer in matrix.OPTIMIZERS]
    assert f"| {' | '.join(cells)} |" in run(0.3, "--tasks", "softmax", "--optimizers", "sgd")
    run(0.3, "--tasks", "softmax", "--optimizers", "sgd", "--steps", "7")
    run(0.3, "--tasks", "softmax", "--optimizers", "adam", "--again")
    assert run.trained[2:] == [("softmax", "sgd"), ("softmax", "adam")]


def test_requirements_name_existing_tasks_and_optimizers():
    required = Requirements(**yaml.safe_load((matrix.HERE / "matrix.yaml").read_text(encoding="utf-8")))
    assert set(required.tasks) | set(required.reasons) <= set(matrix.TASKS)
    assert {optimizer for reasons in required.reasons.values() for optimizer in reasons} <= set(matrix.OPTIMIZERS)


def test_a_short_training_measures_the_same_rows_before_and_after(monkeypatch):
    config = matrix.short_training("softmax", "adam", 20, None, [])
    done = matrix.run(config, "softmax", "adam")
    assert done.data == "embedded" and done.steps == 20 and 0 < done.last < 0.5 * done.first


def test_a_loss_that_overflows_counts_as_infinite():
    config = matrix.short_training("regression", "sgd", 20, None, ["optimizer.lr=1e9"])
    assert math.isinf(matrix.run(config, "regression", "sgd").ratio)
