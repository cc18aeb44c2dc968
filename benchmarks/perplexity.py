"""Perplexities of poems beside those that a run prints.

    python -m benchmarks.perplexity counting task=poetry_rnn          # n-grams on a language model's own splits
    python -m benchmarks.perplexity quatrains RUN [KEY=VALUE ...]     # a run on held-out quatrains, as in the course

Counting is interpolated absolute discounting (Ney, Essen and Kneser, 1994):
p(t|h) = max(c(h,t) - D, 0)/c(h) + D·T(h)/c(h)·p(t|h'), where h' is h without its first token, T(h) the number of
different tokens that follow h, D = n1/(n1 + 2·n2) with n1 and n2 the number of n-grams seen once and twice. Below the
unigrams every token is equally likely.

The quatrains are the poems of 28 characters that are held out under every rule, without punctuation; the loss is that
of the characters from the second on, given all those before. The form token is given too, if the run has one.
"""

import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.measuring import compose, table
from lightlab.data.text.corpus import read_texts, text_files
from lightlab.data.text.poems import TokenRows
from lightlab.data.text.tokens import TEST, VAL, Rules, characters_of, normalise, split_of
from lightlab.prediction.predict import load_predictor
from lightlab.runs.folder import checkpoint_of
from lightlab.training.building import build_data

NAMES = ("unigram", "bigram", "trigram")
LENGTH = 28


def counting(overrides: list[str]) -> None:
    """Prints the perplexities of n-grams counted on the training poems."""
    data = build_data(compose(overrides))
    data.setup()
    size = data.spec.output_size
    grams = {name: ngrams(rows, size) for name, rows in data.splits.items()}
    held_out = [name for name in ("val", "test") if name in grams]
    rows = []
    for order, name in enumerate(NAMES, start=1):
        probabilities = {split: interpolated(grams["train"], grams[split], order, size) for split in held_out}
        rows.append([name, *(f"{np.exp(-np.log(each).mean()):.1f}" for each in probabilities.values())])
    print(table(["", *(f"perplexity/{split}" for split in held_out)], rows))


def ngrams(rows: TokenRows, size: int) -> np.ndarray:
    """Returns (targets, 3): each target token of `rows` behind the two before it; `size` stands for none."""
    kind = np.uint16 if rows.ids.dtype.itemsize == 2 else np.uint32
    ids = rows.ids.numpy().view(kind).astype(np.int64)
    starts, lengths = rows.starts.numpy(), rows.lengths.numpy()
    first = np.repeat(starts, lengths)
    place = first + 1 + np.arange(lengths.sum()) - np.repeat(lengths.cumsum() - lengths, lengths)
    before = np.where(place - 2 >= first, ids[place - 2], size)
    return np.stack([before, ids[place - 1], ids[place]], axis=1)


def interpolated(train: np.ndarray, evaluated: np.ndarray, order: int, size: int) -> np.ndarray:
    """Returns (targets,), the probability of each evaluated target."""
    if order == 0:
        return np.full(len(evaluated), 1 / size)
    lower = interpolated(train, evaluated, order - 1, size)
    kinds, counts = np.unique(keys(train, order, size), return_counts=True)
    contexts, index = np.unique(kinds // (size + 1), return_inverse=True)
    totals, followers = np.bincount(index, counts), np.bincount(index)
    once, twice = (counts == 1).sum(), (counts == 2).sum()
    discount = once / max(1, once + 2 * twice)
    queries = keys(evaluated, order, size)
    count = looked_up(kinds, counts, queries)
    total = looked_up(contexts, totals, queries // (size + 1))
    fresh = looked_up(contexts, followers, queries // (size + 1))
    seen = np.maximum(total, 1)
    return np.where(total > 0, np.maximum(count - discount, 0) / seen + discount * fresh / seen * lower, lower)


def keys(grams: np.ndarray, order: int, size: int) -> np.ndarray:
    """Returns the last `order` tokens of each gram as one number."""
    key = np.zeros(len(grams), np.int64)
    for column in range(3 - order, 3):
        key = key * (size + 1) + grams[:, column]
    return key


def looked_up(keys: np.ndarray, values: np.ndarray, queries: np.ndarray) -> np.ndarray:
    """Returns the value of each queried key; 0 for missing ones."""
    place = np.minimum(np.searchsorted(keys, queries), len(keys) - 1)
    return np.where(keys[place] == queries, values[place], 0)


def quatrains(run: str, overrides: list[str]) -> None:
    """Prints the perplexities of a run on the held-out poems of 28 characters."""
    config = compose(["task=poetry_rnn_course", *overrides])
    corpus = config["data"]["corpus"] or Path(config["data_dir"]) / "poems"
    poems = [characters_of(normalise(text)) for text in read_texts(text_files(Path(corpus)))]
    checkpoint = checkpoint_of(Path(run))
    assert checkpoint is not None
    module = load_predictor(checkpoint, []).module
    for name, split in {"val": VAL, "test": TEST}.items():
        chosen = [poem for poem in poems if len(poem) == LENGTH and split_of(poem, Rules()) == split]
        print(f"perplexity/{name} of {len(chosen)} quatrains {perplexity(module, chosen):.1f}")


@torch.inference_mode()
def perplexity(module: Any, poems: list[str]) -> float:
    """Returns exp of the mean loss of a character of these poems, all of one length."""
    numbers = {token: number for number, token in enumerate(module.spec.vocabulary)}
    form = [numbers["<7>"]] if "<7>" in numbers else []
    tokens = torch.tensor([form + [numbers.get(character, 0) for character in poem] for poem in poems])
    inputs, targets = tokens[:, :-1], tokens[:, 1:].clone()
    targets[:, : len(form)] = -100
    losses = [
        module.compute_loss(module(inputs[part]), targets[part]) * len(part)
        for part in torch.arange(len(poems)).split(64)
    ]
    return math.exp(float(sum(losses)) / len(poems))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["counting", *overrides]:
            counting(overrides)
        case ["quatrains", run, *overrides]:
            quatrains(run, overrides)
        case _:
            raise SystemExit(__doc__)
