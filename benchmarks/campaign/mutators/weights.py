"""Checkpoints and caches: flipped bits, cut-off ends, edited contents, foreign pickles."""

import json
import pickle
import random
import zipfile
from pathlib import Path
from typing import Any

from benchmarks.campaign.bases import BASES, QUESTIONS
from benchmarks.campaign.mutators import Mutator
from benchmarks.campaign.mutators.damage import TREES, damage_file, damaged, damaged_tree, flipped
from benchmarks.campaign.outcomes import Case


def _checkpoint(work: Path) -> Path:
    folder = work / "run" / "checkpoints"
    return next(path for name in ("best.ckpt", "last.ckpt") if (path := folder / name).is_file())


def _asking(base: str, equal: bool) -> Case:
    rows = QUESTIONS[base][1]
    command = ["predict.py", "run=run", QUESTIONS[base][0], "output=out.csv"]
    return Case(command, rows=rows, equal="base.csv" if equal else None)


def _bits(rng: random.Random, work: Path, base: str) -> Case:
    """Bytes that differ: whatever is accepted must predict as before."""
    path = _checkpoint(work)
    data = path.read_bytes()
    for other in path.parent.iterdir():
        if other != path:
            other.unlink()
    match rng.randrange(4):
        case 0:
            path.write_bytes(flipped(rng, data))
        case 1:
            path.write_bytes(damaged(rng, data))
        case 2:
            what = damage_file(rng, path)
            return Case(_asking(base, True).command, what, equal="base.csv")
        case _:
            _flip_in_zip(rng, path)
    return Case(_asking(base, True).command, "bits of the checkpoint", equal="base.csv")


def _flip_in_zip(rng: random.Random, path: Path) -> None:
    """Flips a bit of one record and keeps its CRC right, as a write by faulty memory does."""
    with zipfile.ZipFile(path) as archive:
        records = {item: archive.read(item) for item in archive.infolist()}
    chosen = rng.choice([item for item in records if records[item] and "/data/" in item.filename] or list(records))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for item, data in records.items():
            archive.writestr(item.filename, flipped(rng, data) if item is chosen else data)


def _edited(rng: random.Random, work: Path, base: str) -> Case:
    """Contents that differ, saved by torch."""
    import torch

    path = _checkpoint(work)
    checkpoint: dict[str, Any] = torch.load(path, weights_only=True)
    command = ["predict.py", "run=run", QUESTIONS[base][0], "output=out.csv"]
    must_refuse = False
    match rng.randrange(5):
        case 0:
            weights = checkpoint["state_dict"]
            name = rng.choice(list(weights))
            must_refuse = True
            match rng.randrange(5):
                case 0:
                    weights[name] = weights[name].float().flatten()[:-1]
                case 1:
                    del weights[name]
                case 2:
                    weights["extra"] = torch.zeros(3)
                case 3:
                    weights[name] = torch.full_like(weights[name].float(), rng.choice([float("nan"), float("inf")]))
                case _:
                    weights[name] = rng.choice([None, 1, "a", []])
            what = f"weights of {name}"
        case 1:
            checkpoint["lightlab"] = damaged_tree(rng, checkpoint["lightlab"])
            what = "its record"
        case 2:
            part = rng.choice(list(checkpoint["lightlab"]))
            if isinstance(checkpoint["lightlab"][part], (dict, list)):
                checkpoint["lightlab"][part] = damaged_tree(rng, checkpoint["lightlab"][part])
            else:
                checkpoint["lightlab"][part] = rng.choice(TREES)
            what = f"its {part}"
        case 3:
            key = rng.choice(list(checkpoint))
            checkpoint[key] = rng.choice(TREES)
            what = key
        case _:
            damaged_tree(rng, checkpoint)
            what = "any part"
    torch.save(checkpoint, path)
    (path.parent / "last.ckpt").write_bytes(path.read_bytes())
    if rng.random() < 0.35:
        epochs = 40 if base == "surface" else 4
        command = rng.choice(
            [["train.py", "resume=run", f"trainer.max_epochs={epochs}"], [*_again(base, work), "init_from=run"]]
        )
        must_refuse = False
    return Case(command, what, must_refuse=must_refuse)


def _again(base: str, work: Path) -> list[str]:
    return [argument.replace("dir=run", "dir=new") for argument in BASES[base](work)]


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
    command = rng.choice(
        [_asking(base, False).command, [*_again(base, work), "init_from=run"], ["train.py", "resume=run"]]
    )
    return Case(command, "a foreign file as checkpoint", must_refuse=True)


def _cache(rng: random.Random, work: Path, base: str) -> Case:
    """An entry of the cache that is damaged: the run must be the same as without it."""
    import numpy as np

    command = _again(base, work)
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
            others = [
                array[:-1],
                array.astype("float16"),
                array * 0 + 7,
                np.array([_Runs()], dtype=object),
                array[..., None],
                -array.astype("int64"),
            ]
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
