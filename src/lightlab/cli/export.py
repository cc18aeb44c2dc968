"""The command export: checks the options before torch is imported, then exports a checkpoint."""

import sys

from lightlab.cli.startup import uncollected, wants_help
from lightlab.export.options import HELP, parse_export_options
from lightlab.runs.places import check_cwd


def main() -> None:
    check_cwd()
    if wants_help(or_nothing=True):
        print(HELP, flush=True)
        return
    options = parse_export_options(sys.argv[1:])
    checkpoint = options.find_checkpoint()
    print(f"checkpoint {checkpoint}", flush=True)
    with uncollected():
        from lightlab.export.export import export
    print(export(options, checkpoint).text())
