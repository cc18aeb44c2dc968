"""Checkpoints and caches: flipped bits, cut-off ends, edited contents, foreign pickles."""

import json
import pickle
import random
import struct
import zipfile
from pathlib import Path
from typing import Any

from benchmarks.campaign.bases import QUESTIONS, again
from benchmarks.campaign.mutators import Mutator
from benchmarks.campaign.mutators.damage import TREES, damage_file, damaged, damaged_tree, flipped
from benchmarks.campaign.outcomes import Case


def _checkpoint(work: Path) -> Path:
    folder = work / "run" / "checkpoints"
    return next(path for name in ("best.ckpt", "last.ckpt") if (path := folder / name).is_file())


def _asking(base: str, what: str, **known: Any) -> Case:
    """Returns the question that ``base.csv`` answers."""
    question, rows = QUESTIONS[base]
    return Case(["predict.py", "run=run", question, "output=out.csv"], what, rows=rows, **known)


def _bits(rng: random.Random, work: Path, base: str) -> Case:
    """Bytes that differ: whatever is accepted must predict as before."""
    path, what = _checkpoint(work), "bits of the checkpoint"
    for other in path.parent.iterdir():
        if other != path:
            other.unlink()
    match rng.randrange(4):
        case 0:
            path.write_bytes(flipped(rng, path.read_bytes()))
        case 1:
            path.write_bytes(damaged(rng, path.read_bytes()))
        case 2:
            what = damage_file(rng, path)
        case _:
            _flip_in_member(rng, path)
    return _asking(base, what, equal="base.csv")


def _flip_in_member(rng: random.Random, path: Path) -> None:
    """Flips a bit of a tensor and leaves the archive's own checksum as it is."""
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        member = rng.choice([item for item in archive.infolist() if "/data/" in item.filename and item.file_size])
    names = sum(struct.unpack_from("<HH", data, member.header_offset + 26))
    data[member.header_offset + 30 + names + rng.randrange(member.file_size)] ^= 1 << rng.randrange(8)
    path.write_bytes(data)


def _edited(rng: random.Random, work: Path, base: str) -> Case:
    """Contents that differ, saved by torch."""
    import torch

    path = _checkpoint(work)
    checkpoint: dict[str, Any] = torch.load(path, weights_only=True)
    record, must_refuse = checkpoint["lightlab"], False
    match rng.randrange(4):
        case 0:
            what, must_refuse = _edit_weights(rng, checkpoint["state_dict"]), True
        case 1:
            checkpoint["lightlab"], what = damaged_tree(rng, record), "its record"
        case 2:
            what = rng.choice(list(record))
            is_tree = isinstance(record[what], (dict, list)) and rng.random() < 0.8
            record[what] = damaged_tree(rng, record[what]) if is_tree else rng.choice(TREES)
        case _:
            what = rng.choice(list(checkpoint))
            checkpoint[what] = rng.choice(TREES)
    torch.save(checkpoint, path)
    (path.parent / "last.ckpt").write_bytes(path.read_bytes())
    if rng.random() < 0.65:
        return _asking(base, what, must_refuse=must_refuse)
    goes_on = ["train.py", "resume=run", f"trainer.max_epochs={40 if base == 'surface' else 4}"]
    return Case(rng.choice([goes_on, [*again(base, work), "init_from=run"]]), what)


def _edit_weights(rng: random.Random, weights: dict[str, Any]) -> str:
    """Makes weights that no network of that config can have."""
    import torch

    name = rng.choice(list(weights))
    match rng.randrange(5):
        case 0:
            weights[name] = torch.cat([weights[name].float().flatten(), torch.zeros(1)])
        case 1:
            del weights[name]
        case 2:
            weights["extra"] = torch.zeros(3)
        case 3:
            weights[name] = torch.full_like(weights[name].float(), rng.choice([float("nan"), float("inf")]))
        case _:
            weights[name] = rng.choice([None, 1, "a", []])
    return f"weights of {name}"


class _Runs:
    """Writes a file when it is unpickled."""

    def __reduce__(self) -> Any:
        return Path.touch, (Path("RAN"),)


def _foreign(rng: random.Random, work: Path, base: str) -> Case:
    import torch

    path = _checkpoint(work)
    match rng.randrange(5):
        case 0:
            path.write_bytes(pickle.dumps(_Runs(), protocol=rng.choice([0, 2, 4])))
        case 1:
            torch.save({"state_dict": {}, "lightlab": _Runs()}, path)
        case 2:
            torch.save({"state_dict": {}, "epoch": 1, "lightlab": {}}, path, _use_new_zipfile_serialization=False)
        case 3:
            torch.save(rng.choice([torch.nn.Linear(2, 2).state_dict(), [1, 2], {}, {"lightlab": {}}, 1]), path)
        case _:
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr(rng.choice(["a", "archive/data.pkl", "../x"]), b"x")
    (path.parent / "last.ckpt").write_bytes(path.read_bytes())
    command = rng.choice([_asking(base, "").command, [*again(base, work), "init_from=run"], ["train.py", "resume=run"]])
    return Case(command, "a foreign file as checkpoint", must_refuse=True)


def _cache(rng: random.Random, work: Path, base: str) -> Case:
    """An entry of the cache that is damaged: the run must be the same as without it."""
    import numpy as np

    command = again(base, work)
    entries = sorted(path for path in (work / "cache").rglob("*") if path.is_file())
    if not entries:
        return Case(command, "no cache", scores="run/metrics.json")
    path = rng.choice(entries)
    what = f"{path.name}: bytes"
    match rng.randrange(4):
        case 0:
            path.write_bytes(flipped(rng, path.read_bytes(), rng.choice([1, 8])))
        case 1 if path.suffix == ".npy":
            array = np.load(path)
            pickled = np.array([_Runs()], dtype=object)
            others = [array[:-1], pickled, array[..., None]]
            if array.dtype.kind in "biuf":
                others += [array.astype("float16"), array * 0 + 7, -array.astype(int)]
            chosen = rng.randrange(len(others))
            np.save(path, others[chosen], allow_pickle=True)
            what = f"{path.name}: another array ({chosen})"
        case 1:
            path.write_text(json.dumps(rng.choice([None, [], {}, ["x"], ["../x"], 1])))
        case _:
            what = damage_file(rng, path)
    return Case(command, what, scores="run/metrics.json")


_ALL = tuple(QUESTIONS)
KINDS = {
    "bits of checkpoints": Mutator(_ALL, _bits),
    "edited checkpoints": Mutator(_ALL, _edited),
    "foreign checkpoints": Mutator(_ALL, _foreign),
    "caches": Mutator(("images", "photos", "poems", "words"), _cache),
}
