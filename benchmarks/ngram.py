"""What counting reaches on a language model's own splits: python -m benchmarks.ngram task=poetry_rnn.

Interpolated absolute discounting (Ney, Essen and Kneser, 1994): p(t|h) = max(c(h,t) - D, 0)/c(h) + D·T(h)/c(h)·p(t|h'),
where h' is h without its first token, T(h) the kinds of token seen behind h, D = n1/(n1 + 2·n2) with n1 and n2 the
number of n-grams seen once and twice. Below the unigrams every token is as likely as any other.
"""

from __future__ import annotations

import sys

import numpy as np

from benchmarks.commands import ROOT
from benchmarks.tables import table
from lightlab.config.composition import Groups, composed
from lightlab.data.text.poems import TokenRows
from lightlab.training.building import build_data

NAMES = ("unigram", "bigram", "trigram")


def main() -> None:
    data = build_data(composed(sys.argv[1:], Groups([ROOT / "conf"])))
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
    """(targets, 3): each token that is a target of `rows`, behind the two before it; `size` stands for none."""
    kind = np.uint16 if rows.ids.dtype.itemsize == 2 else np.uint32
    ids = rows.ids.numpy().view(kind).astype(np.int64)
    starts, lengths = rows.starts.numpy(), rows.lengths.numpy()
    first = np.repeat(starts, lengths)
    place = first + 1 + np.arange(lengths.sum()) - np.repeat(lengths.cumsum() - lengths, lengths)
    before = np.where(place - 2 >= first, ids[place - 2], size)
    return np.stack([before, ids[place - 1], ids[place]], axis=1)


def interpolated(train: np.ndarray, judged: np.ndarray, order: int, size: int) -> np.ndarray:
    """(targets,) the probability of each judged target."""
    if order == 0:
        return np.full(len(judged), 1 / size)
    lower = interpolated(train, judged, order - 1, size)
    kinds, counts = np.unique(keys(train, order, size), return_counts=True)
    contexts, index = np.unique(kinds // (size + 1), return_inverse=True)
    totals, followers = np.bincount(index, counts), np.bincount(index)
    once, twice = (counts == 1).sum(), (counts == 2).sum()
    discount = once / (once + 2 * twice)
    wanted = keys(judged, order, size)
    count = found(kinds, counts, wanted)
    total = found(contexts, totals, wanted // (size + 1))
    fresh = found(contexts, followers, wanted // (size + 1))
    seen = np.maximum(total, 1)
    return np.where(total > 0, np.maximum(count - discount, 0) / seen + discount * fresh / seen * lower, lower)


def keys(grams: np.ndarray, order: int, size: int) -> np.ndarray:
    """The last `order` tokens of each gram as one number."""
    key = np.zeros(len(grams), np.int64)
    for column in range(3 - order, 3):
        key = key * (size + 1) + grams[:, column]
    return key


def found(keys: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The value of each wanted key; 0 for those that are not there."""
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], 0)


if __name__ == "__main__":
    main()
