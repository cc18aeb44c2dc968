import os

import pytest

from lightlab.errors import UsageError
from lightlab.runs.places import check_cwd, check_writable, make_folder, named_place, relative_to_cwd


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        ("", "is empty"),
        (None, "is empty"),
        (" ", "is empty"),
        ("/dev/null", "not a folder"),
        ("~nosuchuser/x", "no such user"),
    ],
)
def test_what_names_no_folder_is_refused(value, answer):
    with pytest.raises(UsageError, match=rf"hydra\.run\.dir=.*{answer}"):
        named_place("hydra.run.dir", value)


def test_home_is_known(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert named_place("hydra.run.dir", "~/run") == tmp_path / "run"


@pytest.mark.parametrize("name", ["a/b/" + "x" * 300, "file/run", "/proc/run", "a/b/\udcff" + "照" * 200])
def test_a_folder_that_cannot_be_made_leaves_none_above_it(name, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="no folder can be made here"):
        make_folder(tmp_path / name)
    assert os.listdir(tmp_path) == ["file"]


def test_a_run_is_named_from_the_working_directory_and_the_directory_itself_in_full(tmp_path):
    assert relative_to_cwd(tmp_path / "runs" / "a").as_posix() == "runs/a"
    assert relative_to_cwd(tmp_path) == tmp_path
    assert relative_to_cwd(tmp_path.parent) == tmp_path.parent


def test_a_working_directory_that_is_gone_is_said(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(UsageError, match="working directory has been deleted"):
        check_cwd()


def test_where_runs_cannot_be_written_none_begins(tmp_path, monkeypatch):
    check_writable(tmp_path / "runs" / "toy", "hydra.run.dir")
    (tmp_path / "runs").touch()
    with pytest.raises(UsageError, match=r"runs: runs cannot be written here; .* hydra\.run\.dir="):
        check_writable(tmp_path / "runs" / "toy", "hydra.run.dir")
    monkeypatch.setattr("os.access", lambda *_: False)  # root may write anywhere
    with pytest.raises(UsageError, match="runs cannot be written here"):
        check_writable(tmp_path / "other", "hydra.run.dir")
