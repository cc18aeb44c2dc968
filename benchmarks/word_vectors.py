"""Word vectors learnt and counted, from the same texts and with the same evaluation.

    python -m benchmarks.word_vectors RUN [RUN ...]

Each RUN is a run of task word_embedding; several are seeds of the same recipe. They are compared with counted vectors:
positive pointwise mutual information (PMI) in windows of the same size, and its truncated SVD to as many numbers (Levy
and Goldberg, 2014).

The evaluation: the probes of word_probes.yaml, by how many have an accepted word as their nearest, how many among their
ten nearest, and what share of the ten is accepted; and the words of the test texts, by the share that is among the ten
likeliest given the words around it. How much the counts' context weighs against a word's frequency is chosen on the
validation texts.
"""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev

import numpy as np
import torch
import yaml
from scipy.sparse import coo_matrix, csr_matrix
from sklearn.decomposition import TruncatedSVD
from torch import Tensor

from benchmarks.measuring import ROOT
from lightlab.data.text.cbow import ContextRows
from lightlab.modules.word_vectors import WordSpace
from lightlab.prediction.predict import load_predictor
from lightlab.runs.checkpoints import read_checkpoint
from lightlab.runs.folder import checkpoint_of, find_run
from lightlab.training.building import build_data

PROBES = yaml.safe_load((ROOT / "benchmarks" / "word_probes.yaml").read_text(encoding="utf-8"))
ROWS = 20_000  # of the held-out words that are predicted
WEIGHTS = (0.5, 1.0, 2.0, 4.0, 8.0)

Scores = dict[str, float]
Predictor = Callable[[Tensor], Tensor]  # contexts (N, 2·window) → scores (N, V)


@dataclass(frozen=True)
class Method:
    """A space of words, and how it predicts a word from its context."""

    name: str
    space: WordSpace
    predict: Predictor


def evaluate_probes(space: WordSpace, probes: Mapping[str, str]) -> Scores:
    """Returns the shares of probes with an accepted word as nearest and among ten, and of accepted words in the ten."""
    known = {probe: set(accepted.split()) for probe, accepted in probes.items() if probe in space.vocabulary}
    if not known:
        raise SystemExit("none of the probes is in this run's vocabulary: they are of classical verse")
    hits = [[word in known[probe] for word, _ in space.nearest(probe, 10)] for probe in known]
    return {
        "nearest accepted": mean(ten[0] for ten in hits),
        "one of 10 accepted": mean(any(ten) for ten in hits),
        "of the 10 accepted": mean(mean(ten) for ten in hits),
    }


def evaluate_prediction(predict: Predictor, rows: ContextRows) -> float:
    """Returns the share of words that are among the ten likeliest given the words around them."""
    every = max(1, len(rows) // ROWS)
    hits = []
    for index in torch.arange(0, len(rows), every).split(1000):
        batch = rows.take(index)
        likeliest = predict(batch.inputs)[:, 1:].topk(10).indices + 1
        hits.append((likeliest == batch.targets.unsqueeze(1)).any(1))
    return float(torch.cat(hits).float().mean())


@torch.no_grad()
def learnt(run: Path) -> Method:
    """Returns the vectors of a run; scores of negative sampling are relative to the noise, which is added back."""
    checkpoint = checkpoint_of(run)
    assert checkpoint is not None
    module = load_predictor(checkpoint, []).module
    shares = torch.tensor(module.spec.counts).float().clamp(min=1e-9)
    noise = 0.75 * shares.log() if module.objective == "negative" else torch.zeros(len(shares))
    space = WordSpace(module.word_vectors(), module.spec.vocabulary)
    return Method("CBOW", space, lambda contexts: module.network(contexts).detach() + noise)


def counted(rows: Mapping[str, ContextRows], counts: Tensor, size: int, vocabulary: tuple[str, ...]) -> Method:
    """Returns the vectors by counting in the training texts."""
    train = rows["train"]
    ids = torch.zeros_like(train.ids)
    places = train.places.long()
    ids[places] = train.ids[places]
    words, contexts_of = map(torch.from_numpy, count_vectors(ids.numpy(), train.window, len(vocabulary), size))
    frequency = counts.float().clamp(min=1e-9).log()

    def predictor(weight: float) -> Predictor:
        def predict(contexts: Tensor) -> Tensor:
            present = (contexts > 0).unsqueeze(2)
            middle = (contexts_of[contexts] * present).sum(1) / present.sum(1).clamp(min=1)
            return weight * middle @ words.T + frequency

        return predict

    best = max(WEIGHTS, key=lambda weight: evaluate_prediction(predictor(weight), rows["val"]))
    return Method(f"PPMI and SVD (context weight {best:g})", WordSpace(words, vocabulary), predictor(best))


def cooccurrences(ids: np.ndarray, window: int, words: int) -> csr_matrix:
    """Returns (words, words): how often each two words stand at most `window` apart.

    Args:
        ids: (tokens,), the texts with at least `window` zeros between them; 0 is no word.
    """
    counts = csr_matrix((words, words), dtype=np.float64)
    for distance in range(1, window + 1):
        first, second = ids[:-distance], ids[distance:]
        both = (first > 0) & (second > 0)
        pairs = (first[both], second[both])
        counts = counts + coo_matrix((np.ones(len(pairs[0])), pairs), shape=counts.shape).tocsr()
    return (counts + counts.T).tocsr()


def positive_pmi(counts: csr_matrix, smoothing: float = 0.75) -> csr_matrix:
    """Returns max(0, ln p(w, c) / (p(w)·p(c))), where the contexts' p(c) are of counts to the power of `smoothing`."""
    pairs = counts.tocoo()
    of_word = np.asarray(counts.sum(1)).ravel()
    of_context = np.asarray(counts.sum(0)).ravel() ** smoothing
    expected = of_word[pairs.row] * (of_context / of_context.sum())[pairs.col]
    pmi = np.log(pairs.data / expected)
    kept = pmi > 0
    return coo_matrix((pmi[kept], (pairs.row[kept], pairs.col[kept])), shape=counts.shape).tocsr()


def count_vectors(
    ids: np.ndarray, window: int, words: int, size: int = 100, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the vectors of words and contexts, both (words, size): U·√S and V·√S of the positive PMI's truncated SVD.

    The product of a word's vector with a context's is about their PMI (Levy, Goldberg and Dagan, 2015).
    """
    pmi = positive_pmi(cooccurrences(ids, window, words))
    svd = TruncatedSVD(min(size, words - 1), random_state=seed)
    scaled = svd.fit_transform(pmi)  # U·S
    root = np.sqrt(np.maximum(svd.singular_values_, 1e-12))
    return (scaled / root).astype(np.float32), (svd.components_.T * root).astype(np.float32)


def table(methods: Mapping[str, list[Scores]]) -> str:
    """Returns a table with a row a method; mean ± standard deviation where it was measured more than once."""
    names = list(next(iter(methods.values()))[0])
    lines = ["| | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for method, scores in methods.items():
        cells = [_spread([each[name] for each in scores]) for name in names]
        lines.append(f"| {method} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _spread(values: list[float]) -> str:
    return f"{mean(values):.3f}" + (f" ± {stdev(values):.3f}" if len(values) > 1 else "")


def neighbours(spaces: Mapping[str, WordSpace], probes: Mapping[str, str]) -> str:
    """Returns a table of the ten nearest words of each probe, accepted ones in bold."""
    lines = ["| probe | " + " | ".join(spaces) + " |", "|---" * (len(spaces) + 1) + "|"]
    for probe, accepted in probes.items():
        cells = []
        for space in spaces.values():
            words = [word for word, _ in space.nearest(probe, 10)] if probe in space.vocabulary else ["(unknown)"]
            cells.append(" ".join(f"**{word}**" if word in accepted.split() else word for word in words))
        lines.append(f"| {probe} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+")
    parser.add_argument("--tuning", action="store_true", help="the probes that recipes are chosen with")
    options = parser.parse_args()
    probes = PROBES["tuning" if options.tuning else "probes"]
    runs = [find_run(run) for run in options.runs]
    config = read_checkpoint(checkpoint_of(runs[0]) or runs[0])["lightlab"]["config"]
    data = build_data(config)
    data.setup()
    rows: Mapping[str, ContextRows] = data.splits
    counts = torch.tensor(data.spec.counts)
    by_counts = counted(rows, counts, config["network"]["embedding_size"], data.spec.vocabulary)
    by_frequency = counts.float().expand(1000, -1)

    held_out = "val" if options.tuning else "test"
    scores: dict[str, list[Scores]] = {}
    methods = [*map(learnt, runs), by_counts]
    for method in methods:
        prediction = {"held-out word among 10": evaluate_prediction(method.predict, rows[held_out])}
        scores.setdefault(method.name, []).append(evaluate_probes(method.space, probes) | prediction)
    frequent = evaluate_prediction(lambda contexts: by_frequency[: len(contexts)], rows[held_out])
    print(table(scores))
    print(f"\nThe ten most frequent words are {frequent:.3f} of the held-out ones.\n")
    print(neighbours({"CBOW": methods[0].space, "PPMI and SVD": by_counts.space}, probes))


if __name__ == "__main__":
    main()
