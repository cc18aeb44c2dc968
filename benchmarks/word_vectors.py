"""Word vectors learnt and counted, from the same texts and judged by the same tests.

    python -m benchmarks.word_vectors RUN [RUN ...]

Each RUN is a run of task word_embedding; several are seeds of the same recipe. Beside them stand vectors by counting:
positive pointwise mutual information in windows of the same size, and its truncated SVD to as many numbers.

The tests: the probes of `benchmarks.word_probes`, by how many find an accepted word as their nearest, how many among
their ten nearest, and what share of the ten is accepted; and the words of the test texts, by the share that is among
the ten likeliest given the words around it. How much the counts' context weighs against a word's frequency is chosen
on the validation texts.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev

import torch
from torch import Tensor

from benchmarks.word_counts import count_vectors
from benchmarks.word_probes import PROBES, TUNING
from lightlab.data.text.cbow import ContextRows
from lightlab.modules.word_vectors import WordSpace
from lightlab.prediction.predict import load_predictor
from lightlab.runs.checkpoints import read_checkpoint
from lightlab.runs.folder import checkpoint_of, find_run
from lightlab.training.building import build_data

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


def judge_probes(space: WordSpace, probes: Mapping[str, str]) -> Scores:
    """The share of probes with an accepted nearest word, with one among ten, and the share of the ten accepted."""
    known = {probe: set(accepted.split()) for probe, accepted in probes.items() if probe in space.vocabulary}
    if not known:
        raise SystemExit("none of the probes is in this run's vocabulary: they are of classical verse")
    found = {probe: [word in known[probe] for word, _ in space.nearest(probe, 10)] for probe in known}
    return {
        "nearest accepted": mean(hits[0] for hits in found.values()),
        "one of 10 accepted": mean(any(hits) for hits in found.values()),
        "of the 10 accepted": mean(mean(hits) for hits in found.values()),
    }


def judge_prediction(predict: Predictor, rows: ContextRows) -> float:
    """The share of words that are among the ten likeliest given the words around them."""
    every = max(1, len(rows) // ROWS)
    hits = []
    for index in torch.arange(0, len(rows), every).split(1000):
        batch = rows.take(index)
        likeliest = predict(batch.inputs)[:, 1:].topk(10).indices + 1
        hits.append((likeliest == batch.targets.unsqueeze(1)).any(1))
    return float(torch.cat(hits).float().mean())


@torch.no_grad()
def learnt(run: Path) -> Method:
    """The vectors of a run; under negative sampling its scores are relative to the noise, which is put back."""
    checkpoint = checkpoint_of(run)
    assert checkpoint is not None
    module = load_predictor(checkpoint, []).module
    shares = torch.tensor(module.spec.counts).float().clamp(min=1e-9)
    noise = 0.75 * shares.log() if module.objective == "negative" else torch.zeros(len(shares))
    space = WordSpace(module.word_vectors(), module.spec.vocabulary)
    return Method("CBOW", space, lambda contexts: module.network(contexts).detach() + noise)


def counted(rows: Mapping[str, ContextRows], counts: Tensor, size: int, vocabulary: tuple[str, ...]) -> Method:
    """Vectors by counting in the training texts."""
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

    best = max(WEIGHTS, key=lambda weight: judge_prediction(predictor(weight), rows["val"]))
    return Method(f"PPMI and SVD (context weight {best:g})", WordSpace(words, vocabulary), predictor(best))


def table(methods: Mapping[str, list[Scores]]) -> str:
    """One line a method; mean ± standard deviation where it was measured more than once."""
    names = list(next(iter(methods.values()))[0])
    lines = ["| | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for method, scores in methods.items():
        cells = [_spread([each[name] for each in scores]) for name in names]
        lines.append(f"| {method} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _spread(values: list[float]) -> str:
    return f"{mean(values):.3f}" + (f" ± {stdev(values):.3f}" if len(values) > 1 else "")


def neighbours(spaces: Mapping[str, WordSpace], probes: Mapping[str, str]) -> str:
    """The ten nearest words of each probe, accepted ones in bold."""
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
    parser.add_argument("--tuning", action="store_true", help="the probes that recipes are chosen by")
    options = parser.parse_args()
    probes = TUNING if options.tuning else PROBES
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
        prediction = {"held-out word among 10": judge_prediction(method.predict, rows[held_out])}
        scores.setdefault(method.name, []).append(judge_probes(method.space, probes) | prediction)
    frequent = judge_prediction(lambda contexts: by_frequency[: len(contexts)], rows[held_out])
    print(table(scores))
    print(f"\nThe ten most frequent words are {frequent:.3f} of the held-out ones.\n")
    print(neighbours({"CBOW": methods[0].space, "PPMI and SVD": by_counts.space}, probes))


if __name__ == "__main__":
    main()
