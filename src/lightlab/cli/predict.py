"""The command predict: checks the options before torch is imported, then predicts with a checkpoint."""

import sys

from lightlab.cli.startup import make_importable, uncollected, wants_help
from lightlab.prediction.options import HELP, find_checkpoint, parse_options
from lightlab.runs.places import check_cwd


def main() -> None:
    check_cwd()
    if wants_help(or_nothing=True):
        print(HELP, flush=True)
        return
    options = parse_options(sys.argv[1:])
    checkpoint = find_checkpoint(options)
    print(f"checkpoint {checkpoint}", flush=True)
    make_importable(options.config_dir)
    with uncollected():  # here, so that an error in the options is reported before torch is imported
        from lightlab.prediction.predict import predict
    print(predict(options, checkpoint).text())
    if options.output:
        print(f"written: {options.output}")
