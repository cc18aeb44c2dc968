"""Texts: a corpus as lines or as the poems' JSON, and what a language model is asked."""

import gzip
import json
import random
from pathlib import Path

from benchmarks.campaign.bases import again
from benchmarks.campaign.mutators import Mutator
from benchmarks.campaign.mutators.damage import damage_file, damaged, damaged_tree
from benchmarks.campaign.outcomes import Case

_LINES = [
    "",
    "\0",
    "a",
    "\u202e山",
    "😀" * 10,
    "山" * 100_000,
    "\ud800",
    "=1",
    "\x1b[1m",
    "，。",
    "山\r水",
    "\u2028",
    "\ufeff春",
    "<b>",
]


def _corpus(rng: random.Random, work: Path, base: str) -> Case:
    command = again(base, work)
    path, lines = work / "poems.txt", (work / "poems.txt").read_text(encoding="utf-8").splitlines()
    what = rng.choice(["lines", "few", "bytes", "encoding", "json", "gz", "file"])
    match what:
        case "lines":
            lines[rng.randrange(len(lines))] = rng.choice(_LINES)
        case "few":
            lines = lines[: rng.choice([0, 1, 2, 5])]
    text = "\n".join(lines) + "\n"
    data = text.encode("utf-8", errors="surrogatepass")
    match what:
        case "bytes":
            data = damaged(rng, data)
        case "encoding":
            data = text.encode(rng.choice(["utf-16", "gb18030", "utf-8-sig", "big5", "shift_jis"]), errors="replace")
        case "json":
            poems = [{"title": "t", "author": "a", "paragraphs": [line]} for line in lines]
            tree = damaged_tree(rng, poems) if rng.random() < 0.7 else poems
            data = json.dumps(tree, default=repr, ensure_ascii=False).encode("utf-8", errors="replace")
            data = damaged(rng, data) if rng.random() < 0.2 else data
        case "gz":
            data = damaged(rng, gzip.compress(data))
    name = {"json": "poems.json", "gz": "poems.txt.gz"}.get(what, "poems.txt")
    path.unlink()
    path = work / name
    path.write_bytes(data)
    if what == "file":
        what = damage_file(rng, path)
    return Case([argument.replace("poems.txt", name) for argument in command], what)


def _asked(rng: random.Random, work: Path, base: str) -> Case:
    """Questions with characters that the vocabulary lacks, and sampling at the edges of floats."""
    numbers = ["0", "1", "1e-300", "1e-45", "1e38", "1e308", "0.5", "-1", "5e-324", "100", "1e9", "nan"]
    texts = [
        "春",
        "x",
        "",
        "😀",
        "春夏",
        "\0"[:0],
        "山" * 5000,
        "春,月,",
        ",",
        "\u202e",
        "\x1b[1m",
        "春-",
        "春-夏+秋",
        "+",
        "春++夏",
        "-春",
    ]
    keys = {
        "poems": [
            "start",
            "acrostic",
            "lines",
            "length",
            "temperature",
            "top_k",
            "top_p",
            "count",
            "seed",
            "rhyme",
            "no_repeat",
        ],
        "words": ["nearest", "analogy", "count"],
    }[base]
    texts_of = ("start", "acrostic", "nearest", "analogy")
    options = {"start": "春"} if base == "poems" else {"nearest": "春"}
    for key in rng.sample(keys, rng.randint(1, 3)):
        options[key] = rng.choice(texts if key in texts_of else ["true"] if key in ("rhyme", "no_repeat") else numbers)
    arguments = [f"{key}={chosen}" for key, chosen in options.items()]
    return Case(["predict.py", "run=run", *arguments, "output=out.csv"], " ".join(arguments)[:200])


KINDS = {"texts": Mutator(("poems", "words"), _corpus), "questions": Mutator(("poems", "words"), _asked)}
