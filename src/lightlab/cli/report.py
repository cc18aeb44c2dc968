"""Compares runs: python -m lightlab report FOLDER…; --help lists the options."""

import argparse
import math
from pathlib import Path

from lightlab.errors import reported
from lightlab.runs.places import check_cwd


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m lightlab report",
        description="Compares all runs in and below the folders: writes report.html, report.md and summary.csv.",
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="a sweep, a run, or a folder of runs")
    parser.add_argument("--to", type=Path, help="where to write; default: FOLDER if there is one, else report/")
    parser.add_argument("--score", type=_score, help="a value of the metric: how long did each run take to it?")
    parser.add_argument("--language", choices=["en", "zh"], help="of the report; default: the first run's")
    options = parser.parse_args()
    with reported():
        check_cwd()
        from lightlab.report import write

        to = options.to or (options.folders[0] if len(options.folders) == 1 else Path("report"))
        print(write(options.folders, to, options.score, options.language))


def _score(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError
    return value
