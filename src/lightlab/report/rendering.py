"""Fills the templates of the report. All that is filled in is text: none of it can become a part of the page."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from lightlab.report.charts import COLOURS, colour
from lightlab.report.words import Say

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
