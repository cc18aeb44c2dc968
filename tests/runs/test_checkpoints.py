import errno
import pickle
import random
import zipfile
from pathlib import Path

import pytest
import torch

from lightlab.errors import DataError, LightlabError
from lightlab.runs.checkpoints import AtomicCheckpointIO, read_checkpoint

CONTENTS = {"lightlab": {"config": {"name": "toy", "x": [1, None, 2.5]}}, "state_dict": {"w": torch.arange(3.0)}}


class Touch:
    """Unpickled, it makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "checkpoints" / "last.ckpt"
    AtomicCheckpointIO().save_checkpoint(CONTENTS, path)
    return path


def test_what_is_saved_is_read(path):
    read = read_checkpoint(path)
    assert read["lightlab"] == CONTENTS["lightlab"]
    assert torch.equal(read["state_dict"]["w"], torch.arange(3.0))
    assert [each.name for each in path.parent.iterdir()] == ["last.ckpt"]


def test_a_second_save_replaces_the_first(path):
    AtomicCheckpointIO().save_checkpoint({**CONTENTS, "epoch": 2}, str(path))
    assert AtomicCheckpointIO().load_checkpoint(path)["epoch"] == 2


FAILURES = [
    (RuntimeError("[enforce fail at inline_container.cc] PytorchStreamWriter failed writing file data/0"), "is full"),
    (OSError(errno.ENOSPC, "No space left on device"), "is full"),
    (OSError(errno.EACCES, "Permission denied"), "Permission denied"),
]


@pytest.mark.parametrize(("failure", "reason"), FAILURES)
def test_a_save_that_fails_half_way_leaves_the_checkpoint_before_it(path, monkeypatch, failure, reason):
    def fail(contents, file):
        file.write(b"half of it")
        raise failure

    before = path.read_bytes()
    monkeypatch.setattr(torch, "save", fail)
    with pytest.raises(LightlabError, match=rf"last\.ckpt could not be written: .*{reason}.*before it is whole"):
        AtomicCheckpointIO().save_checkpoint({}, path)
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == ["last.ckpt"]


def test_a_kill_half_way_leaves_the_checkpoint_before_it(path, monkeypatch):
    def killed(contents, file):
        file.write(b"half of it")
        raise KeyboardInterrupt

    before = path.read_bytes()
    monkeypatch.setattr(torch, "save", killed)
    with pytest.raises(KeyboardInterrupt):
        AtomicCheckpointIO().save_checkpoint({}, path)
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_made_is_said_in_a_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(LightlabError, match="could not be written"):
        AtomicCheckpointIO().save_checkpoint({}, tmp_path / "file" / "last.ckpt")


def test_no_such_checkpoint(tmp_path):
    for missing in (tmp_path / "none.ckpt", tmp_path):
        with pytest.raises(DataError, match="no such checkpoint"):
            read_checkpoint(missing)


@pytest.mark.parametrize("share", [0, 0.01, 0.1, 0.5, 0.9, 0.99])
def test_a_truncated_file_is_refused(path, share):
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(DataError, match=r"last\.ckpt: (truncated|not a checkpoint)") as caught:
        read_checkpoint(path)
    assert "\n" not in str(caught.value)


OTHERS = [b"hello", b"\x80\x02.", b"\x80\x04K\x01.", b"PK\x03\x04", b"\0" * 100, b"\x89PNG\r\n"]


@pytest.mark.parametrize("content", OTHERS)
def test_another_kind_of_file_is_refused(tmp_path, content):
    (tmp_path / "x.ckpt").write_bytes(content)
    with pytest.raises(DataError):
        read_checkpoint(tmp_path / "x.ckpt")


def test_a_zip_of_something_else_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.ckpt", "w") as file:
        file.writestr("letter.txt", "hello")
    with pytest.raises(DataError):
        read_checkpoint(tmp_path / "x.ckpt")


def test_a_flipped_byte_is_a_data_error_or_harmless(path):
    whole = path.read_bytes()
    draw = random.Random(0)
    for _ in range(150):
        damaged = bytearray(whole)
        damaged[draw.randrange(len(whole))] ^= draw.randrange(1, 256)
        path.write_bytes(damaged)
        try:
            assert isinstance(read_checkpoint(path)["lightlab"], dict)
        except DataError as error:
            assert "\n" not in str(error)


@pytest.mark.parametrize("nested", [False, True])
def test_a_pickle_that_would_run_code_is_refused_and_does_not_run(tmp_path, nested):
    trap = tmp_path / "trap"
    contents = {**CONTENTS, "extra": [Touch(trap)]} if nested else Touch(trap)
    torch.save(contents, tmp_path / "x.ckpt")
    with pytest.raises(DataError, match="could run code; refused"):
        read_checkpoint(tmp_path / "x.ckpt")
    assert not trap.exists()


def test_a_bare_pickle_does_not_run_either(tmp_path):
    trap = tmp_path / "trap"
    (tmp_path / "x.ckpt").write_bytes(pickle.dumps(Touch(trap)))
    with pytest.raises(DataError):
        read_checkpoint(tmp_path / "x.ckpt")
    assert not trap.exists()


def test_the_trap_of_these_tests_does_snap(tmp_path):
    pickle.loads(pickle.dumps(Touch(tmp_path / "trap")))
    assert (tmp_path / "trap").exists()


@pytest.mark.parametrize("contents", [{"state_dict": {}}, {"lightlab": 1}, [1, 2], torch.zeros(2), 5])
def test_a_checkpoint_of_somebody_elses_is_refused(tmp_path, contents):
    torch.save(contents, tmp_path / "x.ckpt")
    with pytest.raises(DataError, match="not one of lightlab's"):
        read_checkpoint(tmp_path / "x.ckpt")
