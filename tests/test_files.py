import os
import signal
import socket
from contextlib import suppress
from pathlib import Path

import pytest

from lightlab import files
from lightlab.errors import DataError, UsageError
from lightlab.files import inside, regular_file, remove_abandoned, scratch_folder, user_path, whole_file, write_text


def test_a_file_is_whole_or_not_there(tmp_path):
    path = tmp_path / "new" / "a.txt"
    with pytest.raises(ZeroDivisionError), whole_file(path) as unfinished:
        unfinished.write_text("half")
        raise ZeroDivisionError
    assert not list(path.parent.iterdir())
    with whole_file(path) as unfinished:
        unfinished.write_text("whole")
        assert not path.exists()
    assert [each.name for each in path.parent.iterdir()] == ["a.txt"] and path.read_text() == "whole"


def test_a_folder_in_the_place_of_a_file_is_named_and_stays(tmp_path):
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(DataError, match=r"a\.txt: a folder, where a file is to be written"):
        write_text(tmp_path / "a.txt", "whole")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_two_processes_can_write_the_same_file(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    with whole_file(path) as first:
        first.write_text("first")
        monkeypatch.setattr("lightlab.files.os.getpid", lambda: -1)
        with whole_file(path) as second:
            second.write_text("second")
        assert path.read_text() == "second"
    assert path.read_text() == "first"


def test_text_is_written_as_utf_8_whatever_it_holds(tmp_path):
    write_text(tmp_path / "new" / "a.txt", "春\udc80\n")
    assert (tmp_path / "new" / "a.txt").read_bytes() == "春?\n".encode()


def test_a_regular_file_or_a_link_to_one_is_read(tmp_path):
    (tmp_path / "a").touch()
    (tmp_path / "link").symlink_to("a")
    assert [regular_file(tmp_path / name).name for name in ("a", "link")] == ["a", "link"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("pipe", "a named pipe"),
        ("socket", "a socket"),
        (".", "a folder"),
        ("/dev/zero", "a device"),
        ("none", "No such file"),
        ("\0", "null"),
        ("a" * 300, "File name too long"),
    ],
)
def test_what_is_no_regular_file_is_refused_by_its_kind(tmp_path, monkeypatch, name, kind):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        with pytest.raises(DataError, match=rf"cannot be read \(.*{kind}"):
            regular_file(Path(name))


@pytest.fixture
def killed(tmp_path):
    """Starts a process that writes a file and a folder, stops, and is killed before it has finished."""
    process = os.fork()
    if not process:
        with whole_file(tmp_path / "a.txt") as file, scratch_folder(tmp_path / "b") as folder:
            file.write_text("half")
            (folder / "half").touch()
            (tmp_path / "ready").touch()
            signal.pause()
    while not (tmp_path / "ready").exists():
        os.sched_yield()
    (tmp_path / "ready").unlink()

    def kill():
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)

    yield kill
    with suppress(ProcessLookupError, ChildProcessError):
        kill()


def test_what_a_killed_writer_left_is_removed_and_a_living_ones_is_not(tmp_path, killed):
    remove_abandoned.cache_clear()
    write_text(tmp_path / "a.txt", "1")
    assert len(list(tmp_path.glob(".*.lightlab.part"))) == 2
    killed()
    remove_abandoned.cache_clear()  # as in the next process
    write_text(tmp_path / "c.txt", "2")
    assert sorted(os.listdir(tmp_path)) == ["a.txt", "c.txt"]


def test_a_writer_whose_file_is_taken_for_abandoned_in_its_first_moment_makes_it_again(tmp_path, monkeypatch):
    def lock_too_late(path, lock=files._lock):
        monkeypatch.setattr(files, "_lock", lock)
        path.unlink()

    monkeypatch.setattr(files, "_lock", lock_too_late)
    with whole_file(tmp_path / "a") as unfinished:
        remove_abandoned.__wrapped__(tmp_path)
        unfinished.write_text("whole")
    assert (tmp_path / "a").read_text() == "whole"


def test_a_long_name_has_a_temporary_file_too(tmp_path):
    write_text(tmp_path / ("春" * 85), "1")
    assert len(os.listdir(tmp_path)) == 1


@pytest.mark.parametrize("name", ["a.jpg", "b/a.jpg", "b\\a.jpg", "./a..jpg"])
def test_a_name_inside_a_folder(tmp_path, name):
    assert inside(tmp_path, name).is_relative_to(tmp_path)


@pytest.mark.parametrize("name", ["", ".", "..", "../a", "b/../../a", "/a", "\\a", "..\\a", "a\0b"])
def test_a_name_that_leads_out_of_its_folder_is_refused(tmp_path, name):
    with pytest.raises(DataError, match="leads out of the folder"):
        inside(tmp_path, name)


def test_an_unknown_user_has_no_folder():
    assert user_path("~/a") == Path.home() / "a" and user_path("./~x") == Path("~x")
    with pytest.raises(UsageError, match=r"knows no home folder of ~nobody-of-that-name; write \./~"):
        user_path("~nobody-of-that-name/a")
