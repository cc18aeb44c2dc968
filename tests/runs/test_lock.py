import errno
import os
import subprocess
import sys
from contextlib import contextmanager

import filelock
import pytest

from lightlab.errors import UsageError
from lightlab.runs.lock import LOCK, one_writer


@contextmanager
def held_by_another(folder, text):
    """Locks a folder as another process does: by a file that is opened once more."""
    folder.mkdir(exist_ok=True)
    with filelock.FileLock(folder / LOCK):
        (folder / LOCK).write_text(text)
        yield


@pytest.mark.parametrize(
    ("text", "holder"),
    [
        (f"12 2026-01-02 14:03 {os.uname().nodename}\n", "process 12 since 2026-01-02 14:03"),
        ("12 2026-01-02 14:03 elsewhere\n", "process 12 on elsewhere since 2026-01-02 14:03"),
        ("", "another process"),
    ],
)
def test_a_second_writer_is_told_who_writes_and_changes_nothing(text, holder, tmp_path):
    run = tmp_path / "run"
    with held_by_another(run, text):
        with pytest.raises(UsageError, match=f"run is in use by {holder}; wait for it or end it"), one_writer(run):
            pass
        assert (run / LOCK).read_text() == text


def test_the_holder_signs_and_leaves_nothing_behind(tmp_path):
    with one_writer(tmp_path / "run"):
        (tmp_path / "run" / "metrics.csv").touch()
        process = (tmp_path / "run" / LOCK).read_text().split()[0]
        with one_writer(tmp_path / "run"):  # this process holds it
            pass
        assert (tmp_path / "run" / LOCK).exists()
    assert process == str(os.getpid()) and os.listdir(tmp_path / "run") == ["metrics.csv"]


def test_a_folder_that_nothing_was_written_to_is_removed_unless_it_is_the_working_directory(tmp_path):
    with one_writer(tmp_path / "run"):
        pass
    with one_writer(tmp_path):
        pass
    assert os.listdir(tmp_path) == []


def test_a_killed_process_holds_nothing(tmp_path):
    code = (
        "import os\nfrom pathlib import Path\nfrom lightlab.runs.lock import one_writer\n"
        "with one_writer(Path('run')):\n    os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env={"PYTHONPATH": os.pathsep.join(sys.path)})
    assert (tmp_path / "run" / LOCK).exists()
    with one_writer(tmp_path / "run"):
        assert (tmp_path / "run" / LOCK).read_text().startswith(f"{os.getpid()} ")


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_disk_without_locks_is_warned_of(number, tmp_path, monkeypatch, capsys):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", refuse)
    with one_writer(tmp_path / "run"):
        (tmp_path / "run" / "metrics.csv").touch()
    assert "run: this disk has no locks" in capsys.readouterr().err
    assert os.listdir(tmp_path / "run") == ["metrics.csv"]


def test_a_lock_file_that_is_none_is_named(tmp_path):
    (tmp_path / "run" / LOCK).mkdir(parents=True)
    with pytest.raises(UsageError, match=r"run: nothing can be written here"), one_writer(tmp_path / "run"):
        pass
