"""Writes a report: report.html, report.md and summary.csv."""

from __future__ import annotations

import base64
import hashlib
import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from lightlab.errors import UsageError
from lightlab.files import whole_file
from lightlab.report.charts import COLOURS, Chart, colour, curve_charts
from lightlab.report.comparison import Comparison, compare
from lightlab.report.folders import is_run, read_runs
from lightlab.report.interactions import HeatMap, interactions, responses
from lightlab.report.tables import configuration_table, link, run_table, write_summary
from lightlab.report.verdict import answer, caveats, compared, facts, note
from lightlab.report.words import Say, speaker

_TEMPLATES = Path(__file__).parent / "templates"


def rendered(name: str, say: Say, **contents: Any) -> str:
    """The text of ``report.html``, ``report.md``, or of ``chart.svg`` as a file of its own."""
    script = _read("report.js")
    given = {
        "say": say,
        "colour": colour,
        "colours": COLOURS,
        "css": _read("chart.css") + (_read("report.css") if name == "report.html" else ""),
        "script": script,
        "script_hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        "standalone": name == "chart.svg",
    }
    return _environment().get_template(name).render(given | contents)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(["html", "svg"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"md": _markdown, "md_code": _markdown_code}
    return environment


def _read(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _markdown(text: str) -> str:
    """What Markdown would take as its own is shown as it stands."""
    escaped = re.sub(r"([\\`*_\[\]<>|#~])", r"\\\1", str(text))
    return " ".join(escaped.replace("&", "&amp;").split())


def _markdown_code(text: str) -> str:
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{pad}{' '.join(text.split())}{pad}{ticks}"


_PNG = b"\x89PNG\r\n\x1a\n"
_LARGEST = 2 * 2**20  # bytes; larger ones are linked only
_WHY = ("mistakes.png", "predictions.png", "samples.png")  # of the best run: the first of these that it has


@dataclass
class Picture:
    """Attributes:
    data: a ``data:`` address that holds the picture itself.
    """

    name: str
    data: str


@dataclass
class Link:
    name: str
    target: str


def embedded(path: Path, name: str) -> Picture | None:
    """None for what is no PNG, cannot be read or is large."""
    try:
        contents = path.read_bytes() if path.stat().st_size <= _LARGEST else b""
    except OSError:
        return None
    if not contents.startswith(_PNG):
        return None
    return Picture(name, "data:image/png;base64," + base64.b64encode(contents).decode())


def of_sweeps(folders: Iterable[Path]) -> list[Picture]:
    """What a sweep has drawn for itself, such as all its trajectories."""
    paths = [path for folder in folders for path in sorted((folder / "figures").glob("*.png"))]
    return [picture for path in paths if (picture := embedded(path, path.stem))]


def of_best_run(comparison: Comparison, to: Path) -> tuple[list[Picture], list[Link]]:
    """One picture that may say why, and links to all."""
    if not comparison.scored:
        return [], []
    best = comparison.scored[0]
    index = best.scores.index((max if comparison.larger_is_better else min)(best.scores))
    folder = best.judged[index].folder / "figures"
    paths = sorted(path for path in folder.glob("*") if path.suffix in (".png", ".svg", ".pdf", ".gif", ".html"))
    why = next((folder / name for name in _WHY if (folder / name).is_file()), None)
    shown = embedded(why, f"{best.label}: {why.stem}".removeprefix(": ")) if why else None
    return [shown] if shown else [], [Link(path.stem, link(path, to)) for path in paths]


def write(folders: Sequence[Path], to: Path, score: float | None = None, language: str | None = None) -> Path:
    """Compares all runs in and below `folders`, and writes report.html, report.md, figures/ and summary.csv into `to`.

    Args:
        score: how long each run took to reach it is told; None takes what the median configuration reaches.
        language: of the page: ``en`` or ``zh``; None takes the first run's.

    Returns:
        The path of report.html.

    Raises:
        UsageError: a folder does not exist, or nothing can be written into `to`.
        DataError: no run lies there. Nothing has been written.
    """
    runs = read_runs([Path(folder) for folder in folders])
    language = language or str(runs[0].config.get("language", "en"))
    say = speaker(language)
    comparisons = compare(runs, score)
    try:
        to.mkdir(parents=True, exist_ok=True)
        for stale in to.glob("figures/report-[0-9]*.svg"):
            stale.unlink()
        sections = [_section(each, to, say, index + 1) for index, each in enumerate(comparisons)]
        sweeps = of_sweeps(Path(folder) for folder in folders if not is_run(Path(folder)) and len(comparisons) == 1)
        sections[0]["pictures"] = [*sweeps, *sections[0]["pictures"]]
        contents = {
            "title": _title(comparisons, say),
            "sections": sections,
            "language": language,
            "remake": shlex.join(["python", "-m", "lightlab", "report", *map(str, folders)]),
        }
        _write(to / "report.html", rendered("report.html", say, **contents))
        _write(to / "report.md", re.sub(r"\n{3,}", "\n\n", rendered("report.md", say, **contents)).lstrip())
        write_summary(runs, to / "summary.csv")
    except OSError as error:
        raise UsageError(f"{to}: a report cannot be written here ({error.strerror}); name a folder by --to") from None
    return to / "report.html"


def _title(comparisons: list[Comparison], say: Say) -> str:
    if len(comparisons) > 1:
        return say("Comparison of runs of {n} tasks", n=len(comparisons))
    keys = " × ".join(comparisons[0].keys)
    return f"{comparisons[0].task}: {keys}" if keys else comparisons[0].task


def _section(comparison: Comparison, to: Path, say: Say, number: int) -> dict[str, Any]:
    curves = curve_charts(comparison, say)
    crossings, alone = interactions(comparison, say), responses(comparison, say)
    pictures, links = of_best_run(comparison, to)
    lines = [each for each in [*crossings, *alone] if isinstance(each, Chart)]
    return {
        "task": comparison.task,
        "answer": answer(comparison, say),
        "compared": compared(comparison, say),
        "fixed": " ".join(comparison.fixed),
        "facts": facts(comparison, say),
        "caveats": list(caveats(comparison, say)),
        "configurations": configuration_table(comparison, say),
        "note": note(comparison, say),
        "runs": run_table(comparison, to, say),
        "legend": _legend(comparison, curves),
        "curves": curves,
        "styles": {line.style for chart in curves for line in chart.lines},
        "crossings": crossings,
        "alone": alone,
        "maps": [each for each in crossings if isinstance(each, HeatMap)],
        "curve_files": _files(curves, to, f"report-{number}-curves", say),
        "setting_files": _files(lines, to, f"report-{number}-settings", say),
        "pictures": pictures,
        "links": links,
    }


def _legend(comparison: Comparison, curves: list[Chart]) -> list[tuple[int, str, str]]:
    """Number, rank and name of each configuration that has a line."""
    drawn = {line.of for chart in curves for line in chart.lines}
    return [
        (index, str(index + 1) if each.scores else "×", each.label or comparison.task)
        for index, each in enumerate(comparison.configurations)
        if index in drawn
    ]


def _files(charts: list[Chart], to: Path, stem: str, say: Say) -> list[dict[str, str]]:
    """Each chart as a file of its own, for report.md."""
    files = []
    for index, chart in enumerate(charts):
        path = to / "figures" / f"{stem}-{index + 1}.svg"
        _write(path, rendered("chart.svg", say, chart=chart, id="0"))
        files.append({"title": chart.title, "target": link(path, to)})
    return files


def _write(path: Path, text: str) -> None:
    with whole_file(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")
