import os
import time

import filelock
import pytest

from lightlab.errors import UsageError
from lightlab.report.listing import entries, entry


@pytest.fixture
def folder(write_run, sweep, tmp_path):
    """A finished run, one that failed an hour later, and a sweep of six runs."""
    write_run(tmp_path / "runs" / "toy" / "done", "task=toy", scores=(0.1, 0.3))
    failed = write_run(tmp_path / "runs" / "other" / "failed", "task=other", state="failed", reason="no", scores=())
    (sweep / "multirun.yaml").write_text("hydra: {}")
    for path in [failed, *failed.rglob("*")]:
        os.utime(path, (time.time() - 7200,) * 2)
    return tmp_path


def test_runs_and_sweeps_are_listed_with_their_score_and_state(folder):
    listed = {each.folder.name: each for each in entries([folder])}
    assert listed.keys() == {"done", "failed", "sweep"}
    done, failed, sweep = (listed[name] for name in ("done", "failed", "sweep"))
    assert (done.task, done.metric, done.score, done.epochs, done.state) == ("toy", "accuracy/val", 0.3, 2, "done")
    assert (failed.state, failed.score, failed.epochs, round(failed.age / 60)) == ("failed", None, 0, 120)
    assert (sweep.runs, sweep.score, sweep.epochs, sweep.state) == (6, pytest.approx(0.92), 12, "done")
    assert sweep.size > done.size > 100


def test_they_are_sorted_and_chosen_by_task(folder):
    assert [each.folder.name for each in entries([folder], sort="score")] == ["sweep", "done", "failed"]
    assert [each.folder.name for each in entries([folder])][-1] == "failed"
    assert [each.folder.name for each in entries([folder], task="other")] == ["failed"]
    with pytest.raises(UsageError, match="nowhere: no such folder"):
        entries([folder / "nowhere"])


def test_a_run_that_is_written_runs_and_links_are_not_followed(folder):
    (folder / "runs" / "link").symlink_to(folder / "runs" / "toy")
    with filelock.FileLock(folder / "runs" / "toy" / "done" / ".lock"):
        states = [each.state for each in entries([folder / "runs"], task="toy")]
    assert states == ["running"] and entry(folder / "runs" / "toy" / "done").state == "done"


def test_damaged_runs_are_listed_too(wrecks):
    states = {each.folder.name: each.state for each in entries([wrecks])}
    assert states["4"] == "failed" and states["3"] == "unfinished" and len(states) > 4
