"""The page that answers "which is better?": report.html, report.md and summary.csv from the files of any runs."""

from lightlab.report.page import write

__all__ = ["write"]
