import os
import re
import zipfile

import pytest

from lightlab.errors import DataError, LightlabError, UsageError
from lightlab.runs.folder import (
    begin,
    check_unused,
    checkpoint_of,
    discard_if_empty,
    failure_kept,
    find_run,
    new_run,
    set_aside,
    slug,
    state,
)


@pytest.fixture
def one_second(monkeypatch):
    monkeypatch.setattr("lightlab.runs.folder.time.strftime", lambda _: "2026-01-02_03-04-05")


def write_checkpoint(path, age=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("data", "x")
    os.utime(path, (1e9 - age, 1e9 - age))
    return path.parent.parent


def test_runs_that_start_in_the_same_second_have_folders_of_their_own(tmp_path, one_second):
    folders = [new_run("runs", "toy", ["seed=1"]) for _ in range(3)]
    assert [folder.name for folder in folders] == [f"2026-01-02_03-04-05-seed-1{end}" for end in ("", "-2", "-3")]
    assert all((tmp_path / folder).is_dir() for folder in folders)
    assert folders[0].parent.as_posix() == "runs/toy"


@pytest.mark.parametrize(("task", "folder"), [("../../x y", "x-y"), ("照片", "task"), ("..", "task"), ("a=b", "a-b")])
def test_a_tasks_folder_is_plain_and_below_runs(task, folder):
    assert new_run("runs", task, []).parent.as_posix() == f"runs/{folder}"


def test_a_place_where_no_folder_can_be_made_is_named(tmp_path):
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(UsageError, match="runs"):
        new_run("runs", "toy", [])


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ([], ""),
        (["optimizer=adam", "seed=1"], "-optimizer-adam-seed-1"),
        (["task=toy", "data_dir=/x", "+cache_dir=/y", "hydra.run.dir=z", "resume=last"], ""),
        (["tasks=1"], "-tasks-1"),
        (["optimizer.lr=1e-3"], "-optimizer.lr-1e-3"),
        (["name='照片 (1)~=#,'"], "-name-1"),
        (["start=春"], "-start"),
    ],
)
def test_the_slug_tells_what_was_overridden(overrides, expected):
    assert slug(overrides) == expected


def test_a_slug_is_short_and_plain():
    text = slug([f"network.hidden=[{', '.join(map(str, range(100)))}]", "../../x=1"])
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,61}", text) and not text.endswith(("-", "."))


def test_last_is_the_newest_with_a_checkpoint_sweeps_included(tmp_path):
    write_checkpoint(tmp_path / "runs/toy/a/checkpoints/last.ckpt", age=20)
    newest = write_checkpoint(tmp_path / "sweeps/toy/b/0/checkpoints/best.ckpt", age=10)
    (tmp_path / "runs/toy/c/checkpoints").mkdir(parents=True)
    (tmp_path / "runs/toy/c/checkpoints/last.ckpt").write_bytes(b"cut short")
    assert find_run("last").resolve() == newest


def test_last_passes_over_a_run_whose_only_checkpoint_has_another_name(tmp_path):
    older = write_checkpoint(tmp_path / "runs/toy/a/checkpoints/best.ckpt", age=20)
    write_checkpoint(tmp_path / "runs/toy/b/checkpoints/epoch-3.ckpt")
    assert find_run("last").resolve() == older


def test_no_run_at_all():
    with pytest.raises(UsageError, match=r"no run with a checkpoint in runs/ or sweeps/ .* train one first"):
        find_run("last")


def test_a_folder_that_is_not_there_or_no_runs(tmp_path):
    with pytest.raises(UsageError, match="nowhere: no such folder"):
        find_run("nowhere")
    with pytest.raises(UsageError, match="holds no checkpoint"):
        find_run(tmp_path)


def test_a_run_is_found_by_its_folder_and_below_home(tmp_path, monkeypatch):
    folder = write_checkpoint(tmp_path / "照片 (1)" / "checkpoints" / "last.ckpt")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_run(str(folder)) == find_run("~/照片 (1)") == folder


def test_the_preferred_checkpoint_if_it_is_whole(tmp_path):
    best, last = (tmp_path / "checkpoints" / f"{name}.ckpt" for name in ("best", "last"))
    write_checkpoint(best)
    assert checkpoint_of(tmp_path, "last") == best
    write_checkpoint(last)
    assert (checkpoint_of(tmp_path), checkpoint_of(tmp_path, "last")) == (best, last)
    best.write_bytes(best.read_bytes()[:-10])
    assert checkpoint_of(tmp_path) == last
    last.write_bytes(b"")
    assert checkpoint_of(tmp_path) is None
    best.unlink()
    os.mkfifo(best)  # to open it would wait
    assert checkpoint_of(tmp_path) is None


def test_a_folder_with_checkpoints_is_not_claimed_again(tmp_path):
    check_unused(tmp_path)
    write_checkpoint(tmp_path / "checkpoints" / "last.ckpt")
    with pytest.raises(UsageError, match=r"already holds a run; go on .*resume="):
        check_unused(tmp_path)


@pytest.fixture
def started(tmp_path):
    """A run's folder as Hydra makes it."""
    folder = tmp_path / "runs" / "toy" / "now"
    (folder / ".hydra").mkdir(parents=True)
    for name in ("config", "hydra", "overrides"):
        (folder / ".hydra" / f"{name}.yaml").touch()
    return folder


def fail(folder, *written):
    with pytest.raises(KeyboardInterrupt), discard_if_empty(folder):
        for name in ("config.yaml", "environment.json", "events.out.tfevents.1", *written):
            (folder / name).touch()
        raise KeyboardInterrupt


def test_a_run_that_failed_before_its_first_epoch_leaves_no_folder(started):
    fail(started)
    assert not started.exists()


@pytest.mark.parametrize("kept", ["metrics.csv", "checkpoints"])
def test_a_run_that_has_begun_keeps_everything(started, kept):
    (started / kept).mkdir() if kept == "checkpoints" else (started / kept).touch()
    fail(started)
    assert (started / "config.yaml").exists() and (started / ".hydra" / "overrides.yaml").exists()


def test_files_of_somebody_else_stay(started):
    for name in ("config.yaml", "notes.txt", ".hydra/mine"):
        (started / name).touch()
    fail(started)
    assert sorted(path.name for path in started.rglob("*") if path.is_file()) == ["config.yaml", "mine", "notes.txt"]


def test_a_run_that_succeeds_keeps_everything(started):
    with discard_if_empty(started):
        (started / "config.yaml").touch()
    assert (started / "config.yaml").exists()


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ([], "unfinished"),
        (["error.txt"], "failed"),
        (["pruned.txt"], "pruned"),
        (["metrics.json", "error.txt"], "done"),
        (["metrics.csv", "checkpoints"], "unfinished"),
    ],
)
def test_a_runs_files_say_how_far_it_has_come(files, expected, tmp_path):
    for name in files:
        (tmp_path / name).write_text("{}")
    assert state(tmp_path) == expected


@pytest.mark.parametrize("damaged", ["", '{"loss/val": 0.', "[1]", "\0"])
def test_a_run_whose_results_are_damaged_is_not_done(damaged, tmp_path):
    (tmp_path / "metrics.json").write_text(damaged)
    assert state(tmp_path) == "unfinished"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (DataError("a.csv: row 3:\n  no number"), "a.csv: row 3: no number\n"),
        (KeyError("lr"), "unexpected KeyError: 'lr'"),
        (
            OSError(28, "No space left", "x.ckpt"),
            "the disk is full (x.ckpt); free some space, then go on with resume=last\n",
        ),
    ],
    ids=["ours", "any other", "full disk"],
)
def test_what_ended_a_run_stands_in_its_folder_in_one_line(error, told, started):
    with pytest.raises(type(error)), failure_kept(started):
        raise error
    assert (started / "error.txt").read_text(encoding="utf-8").startswith(told)
    assert state(started) == "failed"


def stopped_by_a_signal():
    error = LightlabError("stopped by SIGTERM and saved")
    error.exit_code = 143
    return error


def test_the_traceback_of_an_error_that_nobody_expected_is_kept_and_the_error_names_it(started):
    with pytest.raises(KeyError) as caught, failure_kept(started), discard_if_empty(started):
        raise KeyError("lr")
    assert caught.value.kept_in == str(started / "traceback.txt")
    assert "in test_the_traceback" in (started / "traceback.txt").read_text()
    assert (started / "error.txt").read_text().startswith("unexpected KeyError: 'lr' (")


@pytest.mark.parametrize("error", [UsageError("another network"), DataError("damaged")])
def test_a_resume_that_is_refused_has_not_failed(error, started):
    (started / "environment.json").touch()
    with pytest.raises(type(error)), failure_kept(started):
        raise error
    assert state(started) == "unfinished" and not (started / "traceback.txt").exists()


def test_a_resume_that_fails_after_it_has_begun_says_why(started):
    (started / "environment.json").touch()
    with pytest.raises(DataError), failure_kept(started):
        begin(started).touch()
        raise DataError("the loss is nan")
    assert state(started) == "failed" and (started / "environment-resume-1.json").exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt(), stopped_by_a_signal()], ids=["at once", "after saving"])
def test_a_run_that_was_stopped_has_not_failed(error, started):
    with pytest.raises(type(error)), failure_kept(started):
        raise error
    assert state(started) == "unfinished"


def test_a_run_that_goes_on_has_failed_no_longer(started):
    for name in ("error.txt", "traceback.txt"):
        (started / name).touch()
    with failure_kept(started):
        assert state(started) == "failed"
        begin(started)
        assert state(started) == "unfinished"
    assert not (started / "traceback.txt").exists()


def test_a_run_that_is_done_stays_done_when_going_further_fails(started):
    (started / "metrics.json").write_text("{}")
    with pytest.raises(UsageError), failure_kept(started):
        raise UsageError("one cycle")
    assert not (started / "error.txt").exists()


def test_where_nothing_has_begun_nothing_is_written(tmp_path):
    with pytest.raises(UsageError), failure_kept(tmp_path / "none"), discard_if_empty(tmp_path / "none"):
        raise UsageError("no")
    assert not (tmp_path / "none").exists()


def test_what_is_set_aside_is_kept_and_is_no_run(tmp_path):
    run = write_checkpoint(tmp_path / "sweeps" / "a" / "0" / "checkpoints" / "last.ckpt")
    (run / "error.txt").write_text("first")
    set_aside(run)
    (run / "error.txt").write_text("second")
    set_aside(run)
    set_aside(run)
    assert sorted(path.name for path in run.iterdir()) == ["earlier-1", "earlier-2"]
    assert (run / "earlier-1" / "checkpoints" / "last.ckpt").is_file()
    assert [(run / f"earlier-{number}" / "error.txt").read_text() for number in (1, 2)] == ["first", "second"]
    with pytest.raises(UsageError, match="no run with a checkpoint"):
        find_run("last")
