"""Trains one experiment: python train.py task=fashion_lenet optimizer=adam; --help lists what swaps."""

from pathlib import Path

from lightlab.cli.train import main

if __name__ == "__main__":
    main(Path(__file__).parent / "conf")
