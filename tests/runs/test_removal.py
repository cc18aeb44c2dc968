"""What may be removed: the folder of a run or a sweep, alone, that no process writes."""

import filelock
import pytest

from lightlab.errors import UsageError
from lightlab.runs.removal import check_removable, remove, size_of
from tests.report.conftest import sweep, write_run

__all__ = ["sweep", "write_run"]


@pytest.fixture
def run(write_run, tmp_path):
    return write_run(tmp_path / "runs" / "toy" / "now", "optimizer=adam")


def test_a_run_is_removed_with_the_folder_of_its_task(run):
    size = size_of(run)
    assert remove(run) == size > 100
    assert not run.parent.exists() and run.parents[1].exists()


def test_a_sweep_is_removed_with_its_runs(sweep):
    (sweep / "multirun.yaml").write_text("hydra: {}")
    remove(sweep)
    assert not sweep.exists() and sweep.parent.exists()


def test_a_link_inside_is_removed_and_not_followed(run, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("kept" * 10_000)
    (run / "figures").symlink_to(tmp_path / "mine")
    assert remove(run) < 10_000 and (tmp_path / "mine" / "thesis.txt").is_file()


def another_programs(run):
    (run / "config.yaml").write_text("db: {user: root}")
    (run / ".hydra" / "config.yaml").write_text("db: {user: root}")


def a_link(run):
    run.rename(run.with_name("other"))
    run.symlink_to(run.with_name("other"))


CASES = {
    "a file of the user's": (lambda run: (run / "train.py").write_text(""), "train.py: no run writes this"),
    "a folder of the user's": (lambda run: (run / ".git").mkdir(), ".git: no run writes this"),
    "another program's": (another_programs, "not the folder of a run or a sweep"),
    "a link": (a_link, "is a link, and is not followed"),
}


@pytest.mark.parametrize(("change", "answer"), CASES.values(), ids=CASES)
def test_nothing_else_is_removed(run, change, answer):
    change(run)
    with pytest.raises(UsageError, match=answer):
        remove(run)
    assert (run / ".hydra").is_dir()


def test_a_file_beside_a_sweeps_runs_is_kept(sweep):
    (sweep / "multirun.yaml").write_text("hydra: {}")
    (sweep / "notes.md").write_text("mine")
    with pytest.raises(UsageError, match=r"notes\.md: no run writes this"):
        remove(sweep)
    assert len(list(sweep.iterdir())) == 8


def test_the_working_directory_is_kept(run, monkeypatch):
    monkeypatch.chdir(run / ".hydra")
    with pytest.raises(UsageError, match="holds the working directory"):
        check_removable(run)


def test_a_folder_above_runs_is_no_run(run):
    for folder in (run.parent, run.parents[1], run / "nowhere"):
        with pytest.raises(UsageError):
            check_removable(folder)


@pytest.mark.parametrize("place", ["", "1"])
def test_a_run_that_is_written_is_kept(sweep, place):
    (sweep / "multirun.yaml").write_text("hydra: {}")
    with filelock.FileLock(sweep / place / ".lock"), pytest.raises(UsageError, match="is in use by"):
        remove(sweep)
    assert len(list(sweep.glob("*/metrics.json"))) == 6
