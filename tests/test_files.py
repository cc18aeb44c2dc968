import os
import socket
from pathlib import Path

import pytest

from lightlab.errors import DataError
from lightlab.files import regular_file, whole_file, write_text


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
