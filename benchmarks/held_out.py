"""Judges a run on held-out quatrains, as the course does: python -m benchmarks.held_out RUN [KEY=VALUE ...].

The poems of 28 characters that are held out under every rule, without punctuation; of each, the characters from the
second on, behind all that stand before them. A form token, where the run has one, is given and not judged.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import torch

from benchmarks.commands import ROOT
from lightlab.config.composition import Groups, composed
from lightlab.data.text.corpus import read_texts, text_files
from lightlab.data.text.tokens import TEST, VAL, Rules, characters_of, normalise, split_of
from lightlab.prediction.predict import load_predictor
from lightlab.runs.folder import checkpoint_of

LENGTH = 28


def main() -> None:
    config = composed(["task=poetry_rnn_course", *sys.argv[2:]], Groups([ROOT / "conf"]))
    corpus = config["data"]["corpus"] or Path(config["data_dir"]) / "poems"
    poems = [characters_of(normalise(text)) for text in read_texts(text_files(Path(corpus)))]
    checkpoint = checkpoint_of(Path(sys.argv[1]))
    assert checkpoint is not None
    module = load_predictor(checkpoint, []).module
    for name, split in {"val": VAL, "test": TEST}.items():
        chosen = [poem for poem in poems if len(poem) == LENGTH and split_of(poem, Rules()) == split]
        print(f"perplexity/{name} of {len(chosen)} quatrains {perplexity(module, chosen):.1f}")


@torch.inference_mode()
def perplexity(module, poems: list[str]) -> float:
    numbers = {token: number for number, token in enumerate(module.spec.vocabulary)}
    form = [numbers["<7>"]] if "<7>" in numbers else []
    tokens = torch.tensor([form + [numbers.get(each, 0) for each in poem] for poem in poems])
    inputs, targets = tokens[:, :-1], tokens[:, 1:].clone()
    targets[:, : len(form)] = -100
    losses = [
        module.compute_loss(module(inputs[part]), targets[part]) * len(part)
        for part in torch.arange(len(poems)).split(64)
    ]
    return math.exp(float(sum(losses)) / len(poems))


if __name__ == "__main__":
    main()
