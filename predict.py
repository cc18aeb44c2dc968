"""Predicts with what a run has learnt: python predict.py run=last input=photo.png; --help lists the options."""

from __future__ import annotations

import sys

from lightlab.errors import reported
from lightlab.imports import uncollected
from lightlab.predict_options import HELP, find_checkpoint, parse_options


def main() -> None:
    if not sys.argv[1:] or {"--help", "-h"} & set(sys.argv[1:]):
        with reported():
            print(HELP, flush=True)
        return
    with reported():
        options = parse_options(sys.argv[1:])
        checkpoint = find_checkpoint(options)
        print(f"checkpoint {checkpoint}", flush=True)
        with uncollected():  # and here, so that a slip is answered before torch is imported
            from lightlab.prediction import predict, shown

        print(shown(predict(options, checkpoint)))
        if options.output:
            print(f"written: {options.output}")


if __name__ == "__main__":
    main()
