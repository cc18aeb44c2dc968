import pytest

from lightlab.errors import DataError
from lightlab.files import whole_file, write_text


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
