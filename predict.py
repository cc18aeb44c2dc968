"""Predicts with a trained run: python predict.py run=last input=photo.png; --help lists the options."""

from lightlab.cli.startup import start

if __name__ == "__main__":
    start("predict")
