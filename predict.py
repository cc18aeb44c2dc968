"""Predicts with a trained run: python predict.py run=last input=photo.png; --help lists the options."""

from lightlab.cli.predict import main

if __name__ == "__main__":
    main()
