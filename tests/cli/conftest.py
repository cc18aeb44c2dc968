"""Folders of runs, for the command that reports on them."""

from tests.report.conftest import grid, sweep, write_run

__all__ = ["grid", "sweep", "write_run"]
