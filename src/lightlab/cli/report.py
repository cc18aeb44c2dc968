"""Compares runs: python -m lightlab report FOLDER…; --help lists the options."""

import math
from pathlib import Path

from lightlab.config.options import FlagParser
from lightlab.errors import UsageError
from lightlab.files import user_path
from lightlab.runs.places import check_cwd


def main() -> None:
    parser = FlagParser(
        prog="python -m lightlab report",
        description="Compares all runs in and below the folders: writes report.html, report.md and summary.csv.",
    )
    parser.add_argument("folders", nargs="+", type=user_path, metavar="FOLDER", help="a sweep, a run, or one of runs")
    parser.add_argument("--to", type=user_path, help="where to write; default: FOLDER if there is one, else report/")
    parser.add_argument("--score", type=float, help="a value of the metric: how long did each run take to it?")
    parser.add_argument("--language", choices=["en", "zh"], help="of the report; default: the first run's")
    options = parser.parse_args()
    if options.score is not None and not math.isfinite(options.score):
        raise UsageError(f"--score {options.score}: must be a number")
    check_cwd()
    from lightlab.report import write

    to = options.to or (options.folders[0] if len(options.folders) == 1 else Path("report"))
    if to.exists() and not to.is_dir():
        raise UsageError(f"--to {to}: is a file; name a folder")
    print(write(options.folders, to, options.score, options.language))
