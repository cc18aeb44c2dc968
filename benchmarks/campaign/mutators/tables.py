"""Tables for training and prediction: nasty cells, rows, headers and encodings; gz and Parquet."""

import csv
import gzip
import io
import random
from pathlib import Path

from benchmarks.campaign.bases import again
from benchmarks.campaign.mutators import Mutator
from benchmarks.campaign.mutators.damage import damage_file, damaged
from benchmarks.campaign.outcomes import Case

_CELLS = [
    "", " ", "NA", "?", "-", "nan", "inf", "-inf", "1e999", "1e308", "9" * 400, "1,5", "1.000,5", "1'000", "１２",
    "٣", "12 m²", "€12",
    "12%", "0x1F", "1e5", "1_000", "True", "2024-01-02", "01.02.2024", "2024-01-02T03:04:05Z", "12:30", "\0",
    "\u202e", "😀",
    "=cmd|'/c calc'!A0", "\x1b[31mred", "a" * 100_000, '"', 'a"b', "a\nb", "a\rb", "<script>", "${nope}", "../x",
    "Bern ", "\ufeffBern",
]  # fmt: skip
_HEADERS = [
    "",
    " ",
    "size",
    "price",
    "1",
    "nan",
    "Unnamed: 0",
    "a" * 2000,
    "ключ",
    "p(Bern)",
    "row",
    "=1",
    "a,b",
    "x\ny",
    "\x1b[1m",
]
_ENCODINGS = ["utf-8-sig", "utf-16", "utf-16-le", "latin-1", "gb18030", "cp437", "utf-32", "shift_jis"]


def _damaged_table(rng: random.Random, path: Path) -> tuple[str, int | None]:
    """Damages a table; returns what was done, and how many rows predictions must have, None where that is unknown."""
    rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
    body = range(1, len(rows))
    count: int | None = len(rows) - 1
    done = rng.choice(
        ["cell", "cell", "column", "header", "short", "long", "blank", "twice", "empty", "bytes", "form", "file"]
    )
    match done:
        case "cell":
            for _ in range(rng.choice([1, 1, 3, 30])):
                row, column = rng.choice(body), rng.randrange(len(rows[0]))
                rows[row][column] = cell = rng.choice(_CELLS)
                done = f"cell {row},{column}: {cell[:40]!r}"
        case "column":
            column, cells = rng.randrange(len(rows[0])), rng.choices(_CELLS, k=rng.choice([1, 2, 5]))
            for row in body:
                rows[row][column] = rng.choice(cells)
            done = f"column {column}: {[cell[:20] for cell in cells]}"
        case "header":
            column = rng.randrange(len(rows[0]))
            rows[0][column] = rng.choice(_HEADERS)
            done = f"header {column}: {rows[0][column][:40]!r}"
        case "short":
            rows[rng.choice(body)].pop()
        case "long":
            rows[rng.choice(body)].append("1")
        case "blank":
            rows.insert(rng.choice(body), [])
            count = None
        case "twice":
            rows.insert(rng.choice(body), rows[rng.randrange(len(rows))])
            count = None
        case "empty":
            rows = rows[: rng.choice([0, 1, 2, 3])]
            count = max(len(rows) - 1, 0)
    text = io.StringIO()
    end = rng.choice(["\n", "\n", "\r\n", "\r"]) if done == "form" else "\n"
    separator = rng.choice([",", ";", "\t", "|"]) if done == "form" else ","
    csv.writer(text, lineterminator=end, delimiter=separator).writerows(rows)
    data = text.getvalue().encode(rng.choice(_ENCODINGS) if done == "form" else "utf-8", errors="replace")
    path.write_bytes(damaged(rng, data) if done == "bytes" else data)
    if done == "file":
        done = damage_file(rng, path)
    return done, None if done in ("bytes", "form") or done.startswith(str(path)) else count


def _other_format(rng: random.Random, path: Path) -> Path:
    """Writes the table as gz or Parquet, now and then damaged."""
    if rng.random() < 0.5:
        other = path.with_name("table.csv.gz")
        data = gzip.compress(path.read_bytes())
    else:
        import pandas as pd

        other, frame = path.with_name("table.parquet"), pd.read_csv(path)
        match rng.randrange(5):
            case 0:
                frame["city"] = [[1, 2]] * len(frame)
            case 1:
                frame["size"] = pd.Timestamp("2024-01-02")
            case 2:
                frame["size"] = [{"a": 1}] * len(frame)
            case 3:
                frame["size"] = frame["size"].astype("float16")
        frame.to_parquet(other)
        data = other.read_bytes()
    other.write_bytes(damaged(rng, data) if rng.random() < 0.5 else data)
    return other


def _train(rng: random.Random, work: Path, base: str) -> Case:
    command = again(base, work)
    file, (what, _) = work / "table.csv", _damaged_table(rng, work / "table.csv")
    if rng.random() < 0.2 and file.is_file() and not file.is_symlink():
        try:
            file = _other_format(rng, file)
        except Exception as error:  # what pandas cannot read cannot be written either
            what += f" ({type(error).__name__})"
    options = ["data.missing=mean", "data.header=true", "data.header=false", "data.numeric=[size]", "data.separator=;"]
    added = [rng.choice(options)] if rng.random() < 0.2 else []
    return Case([*(each.replace("table.csv", file.name) for each in command), *added], what)


def _predict(rng: random.Random, work: Path, base: str) -> Case:
    what, rows = _damaged_table(rng, work / "table.csv")
    output = "out.csv" if rng.random() < 0.9 else "out.json"
    command = ["predict.py", "run=run", "input=table.csv", f"output={output}"]
    return Case(command, what, rows=rows if output == "out.csv" else None)


def _rows_of_numbers(rng: random.Random, work: Path, base: str) -> Case:
    """Numbers on the command line; as many answers as rows."""
    numbers = [
        "1",
        "1.5",
        "-0",
        "1e308",
        "1e39",
        "NaN",
        "Infinity",
        "null",
        '"a"',
        "[]",
        "true",
        "9" * 400,
        "1e-400",
        "{}",
    ]
    rows = [[rng.choice(numbers) for _ in range(rng.choice([1, 1, 1, 0, 2]))] for _ in range(rng.choice([1, 2, 3]))]
    text = f"[{','.join('[' + ','.join(row) + ']' for row in rows)}]"
    return Case(["predict.py", "run=run", f"input={text}", "output=out.csv"], text[:200], rows=len(rows))


KINDS = {
    "tables to train on": Mutator(("table", "classes"), _train),
    "tables to predict": Mutator(("table", "classes"), _predict),
    "numbers to predict": Mutator(("line",), _rows_of_numbers),
}
