import errno
import os

import numpy as np
import pytest

from lightlab.data import cache
from lightlab.data.cache import cached
from lightlab.errors import DataError


class Parser:
    """Counts how often it is asked."""

    calls = 0

    def __call__(self):
        self.calls += 1
        return {"x": np.arange(6).reshape(2, 3), "names": np.array(["a", "é"])}


@pytest.fixture
def parse():
    cache._warn_once.cache_clear()
    return Parser()


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("1,2,3")
    return path


def test_the_second_time_comes_from_the_cache(path, tmp_path, parse):
    first, second = (cached(path, tmp_path / "a" / "b", "1", parse) for _ in range(2))
    assert parse.calls == 1
    assert first.keys() == second.keys()
    assert all((first[name] == second[name]).all() for name in first)


def test_a_changed_file_is_parsed_again_even_at_the_same_size_and_time(path, tmp_path, parse):
    before = path.stat()
    cached(path, tmp_path / "c", "1", parse)
    path.write_text("1,2,4")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    cached(path, tmp_path / "c", "1", parse)
    assert parse.calls == 2


def test_another_version_is_parsed_again(path, tmp_path, parse):
    for version in ("1", "2", "1"):
        cached(path, tmp_path / "c", version, parse)
    assert parse.calls == 2


@pytest.mark.parametrize("damage", [b"", b"not a zip", None])
def test_a_damaged_entry_is_made_anew(path, tmp_path, parse, damage):
    cached(path, tmp_path / "c", "1", parse)
    (entry,) = (tmp_path / "c").iterdir()
    whole = entry.read_bytes()
    entry.write_bytes(whole[:-40] if damage is None else damage)
    assert cached(path, tmp_path / "c", "1", parse)["x"].shape == (2, 3)
    assert parse.calls == 2
    assert len(entry.read_bytes()) == len(whole)


def test_a_pickle_in_an_entry_is_not_loaded(path, tmp_path, parse):
    cached(path, tmp_path / "c", "1", parse)
    (entry,) = (tmp_path / "c").iterdir()
    np.savez(entry, x=np.array([{}], dtype=object))
    assert cached(path, tmp_path / "c", "1", parse)["x"].shape == (2, 3)


def test_a_cache_that_cannot_be_made_warns_once(path, tmp_path, parse, capsys):
    (tmp_path / "file").touch()
    for _ in range(2):
        assert len(cached(path, tmp_path / "file" / "c", "1", parse)) == 2
    assert parse.calls == 2
    assert capsys.readouterr().err.count("cannot be written") == 1


def test_a_full_disk_leaves_nothing_behind(path, tmp_path, parse, capsys, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    assert len(cached(path, tmp_path / "c", "1", parse)) == 2
    assert list((tmp_path / "c").iterdir()) == []
    assert "No space left on device" in capsys.readouterr().err


def test_a_missing_file_is_named(tmp_path, parse):
    with pytest.raises(DataError, match=r"nowhere.csv: cannot be read \(No such file"):
        cached(tmp_path / "nowhere.csv", tmp_path, "1", parse)
