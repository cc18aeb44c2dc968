import errno
import os
import pickle
import random
import zipfile
from pathlib import Path

import pytest
import torch

from lightlab.errors import DataError, LightlabError
from lightlab.runs.checkpoints import AtomicCheckpointIO, read_checkpoint

CONTENTS = {
    "lightlab": {"format": 1, "config": {"name": "toy", "x": [1, None, 2.5]}, "spec": {}, "preparation": {}},
    "state_dict": {"w": torch.arange(3.0), "b": torch.ones(40, 30)},
    "epoch": 1,
    "global_step": 7,
}


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
    for missing in (tmp_path / "none.ckpt", tmp_path / ("x" * 300), Path("nul\0")):
        with pytest.raises(DataError, match="no such checkpoint"):
            read_checkpoint(missing)


def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.ckpt")
    for other in (tmp_path, tmp_path / "pipe.ckpt", Path("/dev/zero")):
        with pytest.raises(DataError, match="not a file"):
            read_checkpoint(other)


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


def equal(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(equal(a[key], b[key]) for key in a)
    return torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b


def test_a_flipped_bit_is_refused_or_changes_nothing(path):
    whole, expected = path.read_bytes(), read_checkpoint(path)
    draw, harmless = random.Random(0), 0
    places = [*(draw.randrange(len(whole)) for _ in range(150)), *(draw.randrange(1, 1000) - 1000 for _ in range(450))]
    for place in places:  # most in the directory at the end: the members' contents have checksums
        damaged = bytearray(whole)
        damaged[place] ^= 1 << draw.randrange(8)
        path.write_bytes(damaged)
        try:
            assert equal(read_checkpoint(path), expected), place
            harmless += 1
        except DataError as error:
            assert "\n" not in str(error) and str(error).startswith(str(path))
    assert harmless < len(places) / 2


def rewritten(path, change, **options):
    with zipfile.ZipFile(path) as file:
        members = [(member, file.read(member)) for member in file.infolist()]
    with zipfile.ZipFile(path, "w", **options) as file:
        for member, contents in members:
            change(member)
            file.writestr(member, contents)


def test_a_member_marked_as_a_folder_is_refused_because_torch_would_not_read_its_contents(path):
    rewritten(path, lambda member: setattr(member, "external_attr", 0x10))
    with pytest.raises(DataError, match="a member that torch did not write"):
        read_checkpoint(path)


def test_compressed_members_are_refused(path):
    rewritten(path, lambda member: setattr(member, "compress_type", zipfile.ZIP_DEFLATED))
    with pytest.raises(DataError, match="a member that torch did not write"):
        read_checkpoint(path)


def test_containers_that_multiply_are_refused(path):
    nested = [0] * 10
    for _ in range(30):
        nested = [nested] * 10
    deep = []
    for _ in range(200):
        deep = [deep]
    for extra in (nested, deep):
        AtomicCheckpointIO().save_checkpoint(CONTENTS | {"extra": extra}, path)
        with pytest.raises(DataError, match="containers inside each other"):
            read_checkpoint(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epoch": "one"}, "epoch is one; it must be a whole number"),
        ({"global_step": -1}, "global_step is -1"),
        ({"state_dict": [1]}, r"state_dict is \[1\]"),
        ({"lightlab": {"config": 5}}, "lightlab.format is missing"),
        ({"lightlab": CONTENTS["lightlab"] | {"format": 2}}, "lightlab.format is 2; it must be one of 1"),
        ({"lightlab": CONTENTS["lightlab"] | {"config": [1]}}, "lightlab.config.name is missing"),
    ],
)
def test_contents_of_another_form_are_refused_by_name(path, change, message):
    AtomicCheckpointIO().save_checkpoint(CONTENTS | change, path)
    with pytest.raises(DataError, match=message):
        read_checkpoint(path)


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
