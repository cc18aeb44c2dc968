"""Trains one experiment: python train.py task=fashion_lenet optimizer=adam; --help lists what swaps."""

from pathlib import Path

from lightlab.cli.startup import start

if __name__ == "__main__":
    start("train", Path(__file__).parent / "conf")
