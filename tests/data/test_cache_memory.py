from __future__ import annotations

import os

import numpy as np
import pytest

from lightlab.data import cache as memory


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "_kept", memory.OrderedDict())
    monkeypatch.setattr(memory, "_limit", 0)
    (tmp_path / "rows").write_bytes(b"123")
    return tmp_path / "rows"


def reads(times):
    """A reader that counts how often it is asked."""

    def read():
        times.append(1)
        return {"rows": np.arange(4)}

    return read


def test_a_single_run_keeps_nothing(file):
    times = []
    for _ in range(2):
        memory.once(file, "a", reads(times))
    assert len(times) == 2 and not memory._kept


def test_a_file_is_read_once_by_each_reader(file):
    memory.keep()
    times = []
    for how in ("a", "a", "b", "a"):
        assert memory.once(file, how, reads(times))["rows"].tolist() == [0, 1, 2, 3]
    assert len(times) == 2


def test_a_file_that_has_changed_is_read_again(file):
    memory.keep()
    times = []
    memory.once(file, "a", reads(times))
    os.utime(file, ns=(0, 1))
    memory.once(file, "a", reads(times))
    file.write_bytes(b"1234")
    memory.once(file, "a", reads(times))
    assert len(times) == 3


def test_what_one_run_does_to_its_rows_the_next_does_not_see(file):
    memory.keep()
    for _ in range(3):
        rows = memory.once(file, "a", reads([]))["rows"]
        assert rows.tolist() == [0, 1, 2, 3]
        rows += 1


def test_the_oldest_goes_when_there_is_no_more_room(file):
    memory.keep(most=2 * np.arange(4).nbytes)
    times = []
    for how in ("a", "b", "a", "c", "a", "b"):  # b goes for c, then c for b
        memory.once(file, how, reads(times))
    assert len(times) == 4


def test_what_is_too_large_is_read_each_time(file):
    memory.keep(most=1)
    times = []
    for _ in range(2):
        assert memory.once(file, "a", reads(times))["rows"].tolist() == [0, 1, 2, 3]
    assert len(times) == 2


def test_a_file_that_is_not_there_is_the_readers_to_explain(file):
    memory.keep()
    times = []
    memory.once(file.with_name("none"), "a", reads(times))
    assert times
