import json
import signal
from pathlib import Path

import pytest
import yaml

from lightlab.sweeps import summary as sweeps
from lightlab.sweeps.summary import distinct_overrides, finish, finished, runs_of, table


def run(folder: Path, *overrides: str, **files: str) -> Path:
    """A run's folder, as far as a sweep looks into it."""
    (folder / ".hydra").mkdir(parents=True)
    (folder / ".hydra" / "overrides.yaml").write_text(yaml.safe_dump(list(overrides)))
    (folder / "config.yaml").write_text("name: toy\nmonitor: {name: accuracy/val, mode: max}\n")
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)
    return folder


@pytest.fixture
def mixed(tmp_path):
    """One run of each state."""
    done = json.dumps({"accuracy/val": 0.91234, "seconds": 3.21})
    run(tmp_path / "0", "task=toy", "optimizer=adam", metrics_json=done)
    run(tmp_path / "1", "task=toy", "optimizer=sgd", error_txt="the loss is inf\n")
    run(tmp_path / "2", "task=toy", "optimizer=sgd", "seed=1", pruned_txt="pruned after epoch 2\n")
    run(tmp_path / "10", "task=toy", "optimizer=adam", "seed=1")
    (tmp_path / "figures").mkdir()
    return tmp_path


def test_runs_are_called_by_what_differs(tmp_path):
    adam, sgd = run(tmp_path / "0", "task=toy", "optimizer=adam"), run(tmp_path / "1", "task=toy", "optimizer=sgd")
    assert distinct_overrides([adam, sgd]) == ["adam", "sgd"]
    both = run(tmp_path / "2", "task=toy", "optimizer=sgd", "seed=1")
    assert distinct_overrides([adam, both]) == ["optimizer=adam", "optimizer=sgd, seed=1"]
    assert distinct_overrides([adam]) == ["0"]


def test_the_table_tells_how_each_run_has_ended(mixed):
    assert table(runs_of(mixed)).splitlines() == [
        " 0  optimizer=adam          done        accuracy/val 0.9123   3.2 s",
        " 1  optimizer=sgd           failed      the loss is inf",
        " 2  optimizer=sgd, seed=1   pruned      pruned after epoch 2",
        "10  optimizer=adam, seed=1  unfinished",
        "4 runs: 1 done, 1 failed, 1 pruned, 1 unfinished",
    ]


def test_of_many_runs_only_those_that_are_not_done_are_listed(tmp_path):
    for number in range(sweeps.MOST_LINES + 1):
        run(tmp_path / str(number), f"seed={number}", metrics_json="{}")
    (tmp_path / "7" / "metrics.json").unlink()
    assert table(runs_of(tmp_path)).splitlines() == ["7  7  unfinished", "31 runs: 30 done, 1 unfinished"]


def test_a_sweep_ends_with_a_report_and_how_to_go_on(mixed, capsys):
    finish(mixed)
    assert (mixed / "report.html").is_file() and (mixed / "summary.csv").is_file()
    assert f"report       {mixed / 'report.html'}" in (said := capsys.readouterr().out)
    assert f"go on        lightlab train sweep_resume={mixed}" in said


def test_damaged_files_leave_out_what_they_held(tmp_path):
    run(tmp_path / "0", "seed=0", metrics_json="cut")
    run(tmp_path / "1", "seed=1", metrics_json='{"seconds": 2}', config_yaml="a: [")
    (tmp_path / "0" / ".hydra" / "overrides.yaml").write_bytes(b"\xff")
    assert table(runs_of(tmp_path)).splitlines()[-1] == "2 runs: 1 unfinished, 1 done"
    finish(tmp_path)
    assert (tmp_path / "report.html").is_file()


@pytest.fixture(autouse=True)
def handler():
    """Restores SIGTERM's handler."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def test_a_sweep_that_was_stopped_before_all_had_begun_can_go_on(tmp_path, capsys):
    run(tmp_path / "0", metrics_json="{}")
    with pytest.raises(KeyboardInterrupt), finished(tmp_path):
        raise KeyboardInterrupt
    assert f"sweep_resume={tmp_path}" in capsys.readouterr().out.replace("sweep_resume=.", f"sweep_resume={tmp_path}")


@pytest.mark.parametrize("files", [{"error_txt": "no"}, {}], ids=["failed", "unfinished"])
def test_a_sweep_with_a_run_that_is_not_done_exits_with_1(files, tmp_path):
    run(tmp_path / "0", **files)
    with pytest.raises(SystemExit, match="1"), finished(tmp_path):
        pass
    assert (tmp_path / "report.html").is_file()


@pytest.mark.parametrize("stop", [SystemExit(130), KeyboardInterrupt()], ids=["in a run", "between runs"])
def test_a_sweep_that_was_stopped_has_a_report_of_what_is_done(stop, tmp_path):
    run(tmp_path / "0", error_txt="no")
    run(tmp_path / "1", metrics_json="{}")
    with pytest.raises(type(stop)) as raised, finished(tmp_path):
        raise stop
    assert raised.value is stop and (tmp_path / "report.html").is_file()


def test_a_sweep_without_runs_prints_and_leaves_nothing(tmp_path, capsys):
    with finished(tmp_path / "new"):
        pass
    assert not list(tmp_path.iterdir()) and not capsys.readouterr().out


def test_a_sweep_that_is_terminated_between_two_runs_has_a_report(tmp_path):
    run(tmp_path / "new" / "0", metrics_json="{}")
    with pytest.raises(SystemExit, match="143"), finished(tmp_path / "new"):
        signal.raise_signal(signal.SIGTERM)
    assert (tmp_path / "new" / "report.html").is_file()


def test_a_sweeps_folder_that_cannot_be_made_is_refused_in_one_line(tmp_path, capsys):
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit, match="2"), finished(tmp_path / "file" / "x"):
        pass
    message = capsys.readouterr().err
    assert message.count("\n") == 1 and "no folder can be made here" in message
