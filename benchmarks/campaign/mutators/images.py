"""Images as IDX files, as gz and as CSV of pixels; photos, their EXIF and their labels."""

import gzip
import random
import struct
from collections.abc import Callable
from pathlib import Path

from benchmarks.campaign.bases import QUESTIONS, again
from benchmarks.campaign.mutators import Mutator
from benchmarks.campaign.mutators.damage import TEXTS, damage_file, damaged
from benchmarks.campaign.outcomes import Case


def _idx(rng: random.Random, work: Path, base: str) -> Case:
    command = again(base, work)
    path = rng.choice(sorted((work / "data" / "tiny").iterdir()))
    data = path.read_bytes()
    match rng.randrange(6):
        case 0:
            path.write_bytes(damaged(rng, data[:16]) + data[16:])
            what = "its header"
        case 1:
            sizes = [rng.choice([0, 1, 2**31, 2**32 - 1, 60, 8]) for _ in range(3)]
            path.write_bytes(data[:4] + struct.pack(">III", *sizes) + data[16:])
            what = f"sizes {sizes}"
        case 2:
            packed = gzip.compress(data)
            path.write_bytes(damaged(rng, packed) if rng.random() < 0.6 else packed)
            what = "gz under the same name"
        case 3:
            path.write_bytes(gzip.compress(bytes(1 << 27)))
            what = "a gz of 128 MB of zeros"
        case 4:
            path.write_bytes(data[:8] + bytes(rng.randrange(256) for _ in data[8:]))
            what = "other contents"
        case _:
            what = damage_file(rng, path)
    if rng.random() < 0.5:
        return Case(command, f"{path.name}: {what}")
    return Case(["predict.py", "run=run", f"input={path.relative_to(work)}", "output=out.csv"], f"{path.name}: {what}")


def _pixels(rng: random.Random, work: Path, base: str) -> Case:
    cells = ["", "a", "-1", "256", "1e9", "nan", "0.5", "9" * 400, "１２", " 7"]
    rows = [[str(index % 2), *(str(rng.randrange(256)) for _ in range(64))] for index in range(40)]
    for _ in range(rng.choice([1, 1, 2])):
        rows[rng.randrange(len(rows))][rng.randrange(65)] = rng.choice(cells)
    if rng.random() < 0.3:
        rng.choice(rows).pop()
    if rng.random() < 0.5:
        rows.insert(0, ["label", *(f"pixel{index}" for index in range(64))])
    data = "\n".join(map(",".join, rows)).encode()
    (work / "pixels.csv").write_bytes(damaged(rng, data) if rng.random() < 0.3 else data)
    return Case(["predict.py", "run=run", "input=pixels.csv", "output=out.csv"], "pixels.csv")


def _exif(rng: random.Random, path: Path) -> None:
    from PIL import Image

    with Image.open(path) as photo:
        exif = photo.getexif()
        exif[274] = rng.choice([1, 3, 6, 8, 9, 65535])
        exif[271] = "x" * rng.choice([1, 1000])
        photo.save(path, "JPEG" if path.suffix == ".jpg" else "PNG", exif=exif)
    data = bytearray(path.read_bytes())
    start = max(data.find(b"Exif"), 0)
    for _ in range(rng.randint(1, 6)):
        data[min(start + rng.randrange(60), len(data) - 1)] = rng.randrange(256)
    path.write_bytes(data)


def _other_image(rng: random.Random, path: Path) -> None:
    from PIL import Image

    mode = rng.choice(["1", "L", "P", "RGBA", "CMYK", "I;16", "F", "LA", "I"])
    size = rng.choice([(1, 1), (1, 5000), (5000, 1), (24, 20), (3000, 3000)])
    kind = rng.choice(["PNG", "GIF", "BMP", "TIFF", "WEBP", "JPEG", "ICO"])
    image = Image.new(mode, size)
    try:
        image.save(path, kind)
    except (OSError, ValueError):
        image.convert("RGB").save(path, "PNG")


def _bomb(rng: random.Random, path: Path) -> None:
    """A PNG that says to be larger than any memory."""
    data = bytearray(path.read_bytes())
    if data.startswith(b"\x89PNG"):
        import zlib

        data[16:24] = struct.pack(">II", 2**31 - 1, rng.choice([2**31 - 1, 20_000]))
        data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    path.write_bytes(data)


def _labels(rng: random.Random, path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    bad = [
        "",
        "x",
        ",",
        "00.jpg",
        "00.jpg,",
        "nope.png,1",
        "00.jpg,nan",
        "00.jpg,1e999",
        "../x.png,1",
        "00.jpg,1,2",
        "\0",
        "/etc/hosts,1",
    ]
    lines[rng.randrange(len(lines))] = rng.choice(bad)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _photos(rng: random.Random, work: Path, base: str) -> Case:
    command = again(base, work)
    folder = work / "photos"
    path = rng.choice(sorted(folder.glob("*.[jp][pn]g")))
    damage: dict[str, Callable[[], object]] = {
        "bytes": lambda: path.write_bytes(damaged(rng, path.read_bytes())),
        "EXIF": lambda: _exif(rng, path),
        "another image": lambda: _other_image(rng, path),
        "bomb": lambda: _bomb(rng, path),
        "text": lambda: path.write_bytes(rng.choice(TEXTS)),
        "file": lambda: damage_file(rng, path),
        "labels": lambda: _labels(rng, folder / "labels.csv"),
        "labels' bytes": lambda: damage_file(rng, folder / "labels.csv"),
        "name": lambda: path.rename(
            folder / rng.choice(["-m.png", "=x.png", "\x1b[1m.png", "a\nb.png", "ü.png", ".png", "x" * 250 + ".png"])
        ),
    }
    what = rng.choice(list(damage))
    damage[what]()
    if rng.random() < 0.5:
        return Case([*command, *(["data.bad_photos=skip"] if rng.random() < 0.3 else [])], f"{path.name}: {what}")
    count = len([each for each in folder.iterdir() if each.suffix in (".jpg", ".png")]) if "labels" in what else None
    command = ["predict.py", "run=run", QUESTIONS["photos"][0], "output=out.csv"]
    return Case([*command, *(["figure=true"] if rng.random() < 0.2 else [])], f"{path.name}: {what}", rows=count)


KINDS = {
    "images": Mutator(("images",), _idx),
    "pixels": Mutator(("images",), _pixels),
    "photos": Mutator(("photos",), _photos),
}
