"""Small whole runs and inputs that the campaign damages copies of; each is made once."""

import random
import shutil
import struct
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.campaign.server import Job
from benchmarks.campaign.stories import run

QUICK = ["logger=csv", "pictures=none", "hydra.run.dir=run", "trainer.max_epochs=2"]
CITIES = ("Bern", "Rom", "Wien")
_WORDS = "春夏秋冬山水月風花鳥雲雨"


def write_table(path: Path, rows: int = 90) -> None:
    generator = random.Random(1)
    lines = ["size,rooms,city,price"]
    for _ in range(rows):
        size, rooms = generator.randint(30, 200), generator.randint(1, 6)
        price = 1000 * size + 5000 * rooms + generator.randint(0, 9999)
        lines.append(f"{size}.5,{rooms},{generator.choice(CITIES)},{price}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_images(folder: Path, rows: int = 60) -> None:
    """Writes IDX files of 8x8 images of two classes, for training and testing."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = random.Random(1)
    for name in ("train", "test"):
        pixels = bytes(generator.randrange(256) for _ in range(rows * 64))
        (folder / f"{name}-images-idx3-ubyte").write_bytes(struct.pack(">IIII", 2051, rows, 8, 8) + pixels)
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(
            struct.pack(">II", 2049, rows) + bytes(i % 2 for i in range(rows))
        )


def write_photos(folder: Path, count: int = 24) -> None:
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    generator = random.Random(1)
    lines = []
    for index in range(count):
        colour = tuple(generator.randrange(256) for _ in range(3))
        name = f"{index:02}.{'png' if index % 3 else 'jpg'}"
        Image.new("RGB", (24, 20), colour).save(folder / name)
        lines.append(f"{name},{colour[0] / 51:.2f}")
    (folder / "labels.csv").write_text("name,score\n" + "\n".join(lines) + "\n", encoding="utf-8")


def write_poems(path: Path, count: int = 120) -> None:
    generator = random.Random(1)
    lines = ("，".join("".join(generator.choices(_WORDS, k=5)) for _ in range(2)) + "。" for _ in range(count))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _line(work: Path) -> Sequence[str]:
    return ["train.py", "task=linear_regression", *QUICK]


def _table(work: Path) -> Sequence[str]:
    write_table(work / "table.csv")
    return ["train.py", "task=regression", "data.file=table.csv", "data.target=price", "network.hidden=[8]", *QUICK]


def _classes(work: Path) -> Sequence[str]:
    write_table(work / "table.csv")
    return ["train.py", "task=softmax", "data.file=table.csv", "data.target=city", "network.hidden=[8]", *QUICK]


def _images(work: Path) -> Sequence[str]:
    write_images(work / "data" / "tiny")
    files = "{images: %s-images-idx3-ubyte, labels: %s-labels-idx1-ubyte}"
    return [
        "train.py", "task=digits_mlp", "data=images", "data.name=tiny", "data.class_names=[a,b]", "data.source=files",
        "data_dir=data", "data.size=[8,8]", f"data.files.train={files % ('train', 'train')}",
        f"data.files.test={files % ('test', 'test')}", "network=mlp_50", *QUICK,
    ]  # fmt: skip


def _photos(work: Path) -> Sequence[str]:
    write_photos(work / "photos")
    return [
        "train.py", "task=face_score", "data=photos", "data.folder=photos", "data.labels=labels.csv",
        "data.size=[16,16]", "data.workers=1", "network=linear", *QUICK,
    ]  # fmt: skip


def _poems(work: Path) -> Sequence[str]:
    write_poems(work / "poems.txt")
    sizes = ["network.hidden_size=8", "network.embedding_size=8"]
    return ["train.py", "task=poetry_rnn", "data.corpus=poems.txt", *sizes, *QUICK]


def _words(work: Path) -> Sequence[str]:
    write_poems(work / "poems.txt")
    return [
        "train.py", "task=word_embedding", "data.corpus=poems.txt", "data.min_count=1", "data.unit=character",
        "~callbacks.projector", *QUICK,
    ]  # fmt: skip


def _surface(work: Path) -> Sequence[str]:
    return ["train.py", "task=surface", *QUICK[:-1], "trainer.max_epochs=20"]


def _sweep(work: Path) -> Sequence[str]:
    options = ["logger=csv", "pictures=none", "hydra.sweep.dir=sweep", "trainer.max_epochs=2"]
    return ["train.py", "-m", "task=linear_toy", "seed=0,1", *options]


def _search(work: Path) -> Sequence[str]:
    options = [
        "logger=csv",
        "pictures=none",
        "hydra.sweep.dir=sweep",
        "trainer.max_epochs=2",
        "hydra.sweeper.n_trials=2",
    ]
    return ["train.py", "-m", "hydra/sweeper=optuna", "task=linear_toy", "optimizer.lr=interval(0.001,0.01)", *options]


BASES: dict[str, Callable[[Path], Sequence[str]]] = {
    "line": _line, "table": _table, "classes": _classes, "images": _images, "photos": _photos, "poems": _poems,
    "words": _words, "surface": _surface, "sweep": _sweep, "search": _search,
}  # fmt: skip
# What predict.py can be asked about each, and the rows of its answer.
QUESTIONS: dict[str, tuple[str, int]] = {
    "line": ("input=[[4.0],[5.0]]", 2), "table": ("input=table.csv", 90), "classes": ("input=table.csv", 90),
    "images": ("input=data/tiny/test-images-idx3-ubyte", 60), "photos": ("input=photos", 24), "poems": ("start=春,月",
    2),
    "words": ("nearest=春", 10), "surface": ("input=[[-7.0,2.0]]", 1),
}  # fmt: skip


def again(name: str, work: Path) -> list[str]:
    """Returns the command that trains a run, into the folder ``new``; its inputs are written anew."""
    return [argument.replace("dir=run", "dir=new") for argument in BASES[name](work)]


class Bases:
    """The folder of whole runs; each is trained when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def make(self, name: str) -> Path:
        """Trains the run, and predicts with it into ``base.csv``; returns its folder."""
        job = Job(self.folder / name, BASES[name])
        if not job.folder.exists():
            finished = run(job)
            if finished.code:
                raise RuntimeError(f"the campaign's own run {name} failed: {finished.stderr}")
            if name in QUESTIONS:
                answer = run(
                    Job(job.folder, lambda _: ["predict.py", "run=run", QUESTIONS[name][0], "output=base.csv"])
                )
                if answer.code:
                    raise RuntimeError(f"the campaign's own prediction with {name} failed: {answer.stderr}")
        return job.work

    def copy(self, name: str, work: Path) -> None:
        """Copies a run that has been made, with its inputs and its cache, into `work`."""
        shutil.copytree(self.folder / name / "work", work, dirs_exist_ok=True)
