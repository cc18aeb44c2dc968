"""Writes a report: report.html, report.md, its charts as SVG files, and summary.csv."""

import base64
import hashlib
import re
import shlex
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import vl_convert
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from lightlab.errors import UsageError
from lightlab.files import write_text
from lightlab.report.charts import Spec, colour, curve_charts
from lightlab.report.comparison import Comparison, compare
from lightlab.report.formatting import Translate, translator
from lightlab.report.interactions import setting_charts
from lightlab.report.runs import is_run, read_runs
from lightlab.report.sentences import caveats, circumstances, conclusion, reading_help, subject
from lightlab.report.tables import link, ranking_table, run_table, write_summary

_TEMPLATES = Path(__file__).parent / "templates"
_PNG = b"\x89PNG\r\n\x1a\n"
_LARGEST_PICTURE = 2**19  # bytes; larger ones are not embedded
_TELLING_PICTURES = ("mistakes.png", "predictions.png")  # the first that the best run has is embedded


def write(folders: Sequence[Path], to: Path, score: float | None = None, language: str | None = None) -> Path:
    """Compares all runs in and below `folders`, and writes report.html, report.md, figures/ and summary.csv into `to`.

    Args:
        score: the ranking lists how long each run took to reach it; by default that of the median configuration.
        language: ``en`` or ``zh``; by default the first run's.

    Returns:
        The path of report.html.

    Raises:
        UsageError: a folder does not exist, or `to` cannot be written.
        DataError: the folders hold no run; nothing has been written.
    """
    runs = read_runs(folders)
    language = language or str(runs[0].config.get("language", "en"))
    translate = translator(language)
    comparisons = compare(runs, score)
    try:
        to.mkdir(parents=True, exist_ok=True)
        for stale in to.glob("figures/report-[0-9]*.svg"):
            stale.unlink()
        sections = [_section(each, to, translate, number) for number, each in enumerate(comparisons, 1)]
        if len(sections) == 1:  # pictures of a whole sweep, such as all its trajectories
            pictures = [path for each in folders if not is_run(each) for path in sorted(each.glob("figures/*.png"))]
            sections[0]["pictures"] = [*embedded(pictures), *sections[0]["pictures"]]
        contents = {
            "title": _title(comparisons, translate),
            "sections": sections,
            "language": language,
            "translate": translate,
            "remake": shlex.join(["python", "-m", "lightlab", "report", *map(str, folders)]),
        }
        write_text(to / "report.html", _render("report.html", contents))
        write_text(to / "report.md", re.sub(r"\n{3,}", "\n\n", _render("report.md", contents)).lstrip())
        write_summary(runs, to / "summary.csv")
    except OSError as error:
        raise UsageError(f"{to}: a report cannot be written here ({error.strerror}); name a folder by --to") from None
    return to / "report.html"


def _title(comparisons: list[Comparison], translate: Translate) -> str:
    if len(comparisons) > 1:
        return translate("Comparison of runs of {n} tasks", n=len(comparisons))
    keys = " × ".join(comparisons[0].keys)
    return f"{comparisons[0].task}: {keys}" if keys else comparisons[0].task


def _section(comparison: Comparison, to: Path, translate: Translate, number: int) -> dict[str, Any]:
    """What the templates show of one task."""
    curves, settings = curve_charts(comparison, translate), setting_charts(comparison, translate)
    pictures, links = best_run_pictures(comparison, to)
    return {
        "task": comparison.task,
        "conclusion": conclusion(comparison, translate),
        "subject": subject(comparison, translate),
        "fixed": " ".join(comparison.fixed),
        "circumstances": circumstances(comparison, translate),
        "caveats": list(caveats(comparison, translate)),
        "ranking": ranking_table(comparison, translate),
        "reading_help": reading_help(comparison, translate),
        "runs": run_table(comparison, to, translate),
        "curves": curves,
        "curves_file": _write_svg(curves, to, f"report-{number}-curves.svg"),
        "settings": settings,
        "several_keys": len(comparison.keys) > 1,
        "settings_file": _write_svg(settings, to, f"report-{number}-settings.svg"),
        "pictures": pictures,
        "links": links,
    }


def _write_svg(charts: Spec | None, to: Path, name: str) -> str:
    """Writes the charts for report.md; returns their address."""
    if charts is None:
        return ""
    write_text(to / "figures" / name, vl_convert.vegalite_to_svg(charts))
    return link(to / "figures" / name, to)


def embedded(paths: Iterable[Path], label: str = "") -> list[tuple[str, str]]:
    """Names and ``data:`` addresses of pictures; what is not a PNG, cannot be read or is large is left out."""
    pictures = []
    for path in paths:
        try:
            contents = path.read_bytes() if path.stat().st_size <= _LARGEST_PICTURE else b""
        except OSError:
            continue
        if contents.startswith(_PNG):
            name = f"{label}: {path.stem}" if label else path.stem
            pictures.append((name, "data:image/png;base64," + base64.b64encode(contents).decode()))
    return pictures


def best_run_pictures(comparison: Comparison, to: Path) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """One embedded picture of the best run, and the names and addresses of all its figures."""
    if not comparison.scored:
        return [], []
    best = comparison.scored[0]
    index = best.scores.index((max if comparison.larger_is_better else min)(best.scores))
    folder = best.counted[index].folder / "figures"
    paths = sorted(path for path in folder.glob("*") if path.suffix in (".png", ".svg", ".pdf", ".gif", ".html"))
    telling = [folder / name for name in _TELLING_PICTURES if (folder / name).is_file()]
    return embedded(telling[:1], best.label), [(path.stem, link(path, to)) for path in paths]


def _render(name: str, contents: dict[str, Any]) -> str:
    return _environment().get_template(name).render(contents)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"separators": (",", ":"), "allow_nan": False}
    environment.filters |= {"md": _markdown, "md_code": _markdown_code}
    own_script = (_TEMPLATES / "report.js").read_text(encoding="utf-8")
    script = vl_convert.javascript_bundle(own_script)  # behind Vega-Lite and all that it needs; takes a second
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    environment.globals |= {"colour": colour, "script": script, "script_digest": digest}
    return environment


def _markdown(text: str) -> str:
    """Escapes what Markdown would take for markup."""
    escaped = re.sub(r"([\\`*_\[\]<>|#~])", r"\\\1", str(text))
    return " ".join(escaped.replace("&", "&amp;").split())


def _markdown_code(text: str) -> str:
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{pad}{' '.join(text.split())}{pad}{ticks}"
