"""A small folder of photos, and the data module on it."""

import pytest
import torch
from PIL import Image

from lightlab.data.photos.datamodule import Photos

COUNT = 20


@pytest.fixture(scope="session")
def take():
    """Takes a photo of one tone, which is what tells it from the others: ``take(path, tone)``."""
    return _take


def _take(path, tone):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (12, 12), (tone, tone, 255 - tone)).save(path)


@pytest.fixture
def folder(tmp_path):
    """20 photos in Images/, the first letter of whose name alternates, with scores 1.0, 1.1, … 2.9 in a text file."""
    for index in range(COUNT):
        _take(tmp_path / "mine" / "Images" / f"{'FM'[index % 2]}{index}.png", 10 * index)
    lines = [f"{'FM'[index % 2]}{index}.png {1 + index / 10}\n" for index in range(COUNT)]
    (tmp_path / "mine" / "All_labels.txt").write_text("".join(lines))
    return tmp_path / "mine"


@pytest.fixture
def build(tmp_path):
    def build(folder="mine", **settings):
        where = [str(tmp_path / each) for each in folder] if isinstance(folder, list) else str(tmp_path / folder)
        defaults = {
            "target_kind": "number",
            "source": "auto",
            "folder": where,
            "images": ["Images"],
            "cache_dir": str(tmp_path / "cache"),
            "test_fraction": 0.2,
            "val_fraction": 0.25,
            "size": [4, 4],
            "score_range": [1, 5],
            "seed": 0,
            "batch_size": 8,
        }
        return Photos("mine", **defaults | settings)

    return build


@pytest.fixture
def load(build):
    def load(*args, **settings):
        data = build(*args, **settings)
        data.setup()
        return data

    return load


@pytest.fixture(scope="session")
def tones():
    """By which a split's photos are known."""
    return lambda split: (split.take(torch.arange(len(split))).inputs[:, 0, 1, 1] // 10).tolist()


@pytest.fixture(scope="session")
def scores():
    """A split's targets in the unit of the data: ``scores(data, split)``."""
    return lambda data, split: data.spec.target_scale.restored(split.targets).flatten().tolist()
