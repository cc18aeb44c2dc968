import errno
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from lightlab.data.cache import cached, fingerprint, unfinished
from lightlab.errors import DataError
from lightlab.files import remove_abandoned


class Parser:
    """Counts how often it is asked."""

    calls = 0

    def __call__(self):
        self.calls += 1
        return {"x": np.arange(6).reshape(2, 3), "names": np.array(["a", "é"])}


@pytest.fixture
def parse():
    return Parser()


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("1,2,3")
    return path


def test_the_second_time_comes_from_the_cache(path, tmp_path, parse):
    first, second = (cached([path], tmp_path / "a" / "b", "1", parse) for _ in range(2))
    assert parse.calls == 1
    assert first.keys() == second.keys()
    assert all((first[name] == second[name]).all() for name in first)


def test_a_changed_file_is_parsed_again_even_at_the_same_size_and_time(path, tmp_path, parse):
    before = path.stat()
    cached([path], tmp_path / "c", "1", parse)
    path.write_text("1,2,4")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    cached([path], tmp_path / "c", "1", parse)
    assert parse.calls == 2


def test_another_version_is_parsed_again(path, tmp_path, parse):
    for version in ("1", "2", "1"):
        cached([path], tmp_path / "c", version, parse)
    assert parse.calls == 2


@pytest.mark.parametrize("name", ["x.npy", "contents.json"])
@pytest.mark.parametrize("damage", [b"", b"not an array", None, "gone"])
def test_a_damaged_entry_is_made_again(path, tmp_path, parse, damage, name):
    cached([path], tmp_path / "c", "1", parse)
    (file,) = (tmp_path / "c").glob(f"*/{name}")
    whole = file.read_bytes()
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(whole[:-1] if damage is None else damage)
    assert cached([path], tmp_path / "c", "1", parse)["x"].shape == (2, 3)
    assert parse.calls == 2 and file.read_bytes() == whole
    assert len(list((tmp_path / "c").iterdir())) == 1


@pytest.mark.parametrize("place", [-1, 10])  # a number, and the array's header
def test_a_flipped_bit_is_noticed_and_said(path, tmp_path, parse, capsys, place):
    cached([path], tmp_path / "c", "1", parse)
    (file,) = (tmp_path / "c").glob("*/x.npy")
    content = bytearray(file.read_bytes())
    content[place] ^= 1
    file.write_bytes(content)
    assert cached([path], tmp_path / "c", "1", parse)["x"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert "is damaged (x.npy has another checksum); it is made anew\n" in capsys.readouterr().err


def test_an_entry_of_something_else_is_not_taken(path, tmp_path, parse):
    for version in ("1", "2"):
        cached([path], tmp_path / "c", version, parse)
    first, second = (tmp_path / "c").iterdir()
    shutil.rmtree(first)
    shutil.copytree(second, first)
    for version in ("1", "2"):
        cached([path], tmp_path / "c", version, parse)
    assert parse.calls == 3


@pytest.mark.parametrize("what", [Path.touch, Path.mkdir, lambda entry: entry.symlink_to(entry.parent.parent)])
def test_whatever_stands_in_an_entrys_place_gives_way(path, tmp_path, parse, what):
    entry = tmp_path / "c" / fingerprint([path], "1")
    entry.parent.mkdir()
    what(entry)
    for _ in range(2):
        cached([path], tmp_path / "c", "1", parse)
    assert parse.calls == 1 and path.exists() and os.listdir(tmp_path / "c") == [entry.name]


def test_two_processes_may_make_the_same_entry_at_once(path, tmp_path, parse, capsys):
    def parse_late():
        cached([path], tmp_path / "c", "1", parse)
        return parse()

    cached([path], tmp_path / "c", "1", parse_late)
    with unfinished(tmp_path / "c" / "x") as first, unfinished(tmp_path / "c" / "x") as second:
        assert first != second
    cached([path], tmp_path / "c", "1", parse)
    assert parse.calls == 2 and not capsys.readouterr().err


def test_a_pipe_in_an_entry_or_as_a_source_is_not_waited_for(path, tmp_path, parse):
    cached([path], tmp_path / "c", "1", parse)
    (file,) = (tmp_path / "c").glob("*/x.npy")
    file.unlink()
    os.mkfifo(file)
    assert cached([path], tmp_path / "c", "1", parse)["x"].shape == (2, 3)
    with pytest.raises(DataError, match="a device, not a regular file"):
        fingerprint([Path("/dev/zero")], "1")


def test_what_a_killed_writer_left_is_removed_although_nothing_is_written(path, tmp_path, parse):
    cached([path], tmp_path / "c", "1", parse)
    (tmp_path / "c" / ".x.1-0.lightlab.part").mkdir()
    remove_abandoned.cache_clear()
    cached([path], tmp_path / "c", "1", parse)
    assert parse.calls == 1 and len(os.listdir(tmp_path / "c")) == 1


def test_a_pickle_in_an_entry_is_not_loaded(path, tmp_path, parse):
    cached([path], tmp_path / "c", "1", parse)
    (file,) = (tmp_path / "c").glob("*/x.npy")
    np.save(file, np.array([{}], dtype=object))
    assert cached([path], tmp_path / "c", "1", parse)["x"].shape == (2, 3)


def test_arrays_are_mapped_and_may_be_written_without_changing_the_entry(path, tmp_path, parse):
    cached([path], tmp_path / "c", "1", parse)
    for _ in range(2):
        arrays = cached([path], tmp_path / "c", "1", parse)
        assert isinstance(arrays["x"], np.memmap) and arrays["x"].tolist() == [[0, 1, 2], [3, 4, 5]]
        arrays["x"] += 1


def test_an_empty_array_is_kept(path, tmp_path):
    for _ in range(2):
        assert cached([path], tmp_path / "c", "1", lambda: {"none": np.zeros((0, 3))})["none"].shape == (0, 3)


def test_a_cache_that_cannot_be_made_warns_once(path, tmp_path, parse, capsys):
    (tmp_path / "file").touch()
    for _ in range(2):
        assert len(cached([path], tmp_path / "file" / "c", "1", parse)) == 2
    assert parse.calls == 2
    assert capsys.readouterr().err.count("cannot be written") == 1


def test_a_full_disk_leaves_nothing_behind(path, tmp_path, parse, capsys, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    assert len(cached([path], tmp_path / "c", "1", parse)) == 2
    assert list((tmp_path / "c").iterdir()) == []
    assert "No space left on device" in capsys.readouterr().err


def test_a_missing_file_is_named(tmp_path, parse):
    with pytest.raises(DataError, match=r"nowhere.csv: cannot be read \(No such file"):
        cached([tmp_path / "nowhere.csv"], tmp_path, "1", parse)
