"""Learns word vectors by predicting a word from the words around it, and finds nearest words by them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import normalize, softplus
from torchmetrics import MetricCollection
from torchmetrics.classification import MulticlassAccuracy

from lightlab.errors import DataError, UsageError, did_you_mean
from lightlab.modules.metrics import Perplexity
from lightlab.modules.supervised import SupervisedModule
from lightlab.modules.word_options import WORD_RULES, parse_terms, parse_words

NOISE_POWER = 0.75
Neighbours = list[tuple[str, float]]  # words with their cosines, the nearest first


class WordVectors(SupervisedModule):
    """Inputs are contexts (N, 2·window), outputs are their vectors (N, D), targets are the words between them (N,).

    The network defines ``hidden(contexts)``, ``head(hidden)`` for all words, ``scores(hidden, words)`` for a few of
    them, and ``vectors()``.

    Args:
        objective: ``softmax`` (the criterion over all words), ``negative`` (negative sampling: Mikolov et al., 2013,
            arXiv:1310.4546), or ``auto``: ``softmax`` for vocabularies of up to `softmax_words` words.
        negatives: noise words for each target, drawn from the training texts' counts to the power of 0.75.
    """

    target = "word"
    predict_options = tuple(WORD_RULES)

    def __init__(self, objective: str = "auto", softmax_words: int = 2000, negatives: int = 5, **learning: Any) -> None:
        size = learning["spec"].output_size
        self.objective = ("softmax" if size <= softmax_words else "negative") if objective == "auto" else objective
        self.negatives = negatives
        super().__init__(**learning)
        weights = torch.tensor(self.spec.counts, dtype=torch.float64) ** NOISE_POWER
        self.register_buffer("noise", weights.cumsum(0) / weights.sum(), persistent=False)
        self._drawn = torch.zeros(0)

    def metrics(self) -> MetricCollection:
        if self.objective == "negative":
            return MetricCollection({})  # a word's score says only how it compares to noise
        accuracy = MulticlassAccuracy(self.spec.output_size, average="micro")
        return MetricCollection({"accuracy": accuracy, "perplexity": Perplexity()})

    def forward(self, contexts: Tensor) -> Tensor:
        return self.network.hidden(contexts)  # type: ignore[operator]

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        self._drawn = self._draw(self.unpack(batch)[1])  # here, so that a loss computed again has the same noise
        return super().training_step(batch, batch_idx)

    def compute_loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return _OBJECTIVES[self.objective](self, outputs, targets)

    def update_metrics(self, metrics: MetricCollection, outputs: Tensor, targets: Tensor) -> None:
        if metrics:
            logits = self.network.head(outputs)  # type: ignore[operator]
            metrics["accuracy"].update(logits, targets)
            metrics["perplexity"].update(logits.unsqueeze(1), targets.unsqueeze(1))

    def query(self, options: dict[str, Any]) -> dict[str, list[Any]]:
        """Returns the words nearest to each word of ``nearest``, and to the sum of ``analogy``, with their cosines."""
        if not {"nearest", "analogy"} & set(options):
            raise UsageError("give nearest=WORD, or analogy=A-B+C")
        space, count = WordSpace(self.word_vectors(), self.spec.vocabulary), options.get("count", 10)
        words = parse_words(options["nearest"]) if "nearest" in options else []
        neighbours = {word: space.nearest(word, count) for word in words}
        if "analogy" in options:
            neighbours[options["analogy"]] = space.analogy(options["analogy"], count)
        rows = [(query, word, cosine) for query, nearest in neighbours.items() for word, cosine in nearest]
        return {name: [row[column] for row in rows] for column, name in enumerate(("to", "nearest", "cosine"))}

    def predict(self, outputs: Tensor) -> dict[str, list[Any]]:
        """Returns the likeliest word between."""
        words = self.network.head(outputs).argmax(1).tolist()  # type: ignore[operator]
        return {"word": [self.spec.vocabulary[word] for word in words]}

    def word_vectors(self) -> Tensor:
        """Returns the vectors (V, D), on the CPU."""
        return self.network.vectors().float().cpu()  # type: ignore[operator]

    def softmax_loss(self, hidden: Tensor, targets: Tensor) -> Tensor:
        return self.criterion(self.network.head(hidden), targets)  # type: ignore[operator]

    def negative_loss(self, hidden: Tensor, targets: Tensor) -> Tensor:
        """Returns the mean over targets of −ln σ(score of the target) − Σ ln σ(−score of a noise word)."""
        noise = self._drawn if self.training else self._draw(targets, torch.Generator(targets.device).manual_seed(0))
        words = torch.cat([targets.unsqueeze(1), noise], 1)  # (N, 1 + negatives)
        scores = self.network.scores(hidden, words).float()  # type: ignore[operator]
        return softplus(-scores[:, 0]).mean() + softplus(scores[:, 1:]).sum(1).mean()

    def _draw(self, targets: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Returns noise words (N, negatives), drawn by their cumulative shares."""
        if self.objective != "negative":
            return targets
        places = torch.rand(len(targets), self.negatives, device=targets.device, generator=generator)
        assert isinstance(self.noise, Tensor)
        return torch.searchsorted(self.noise, places.double()).clamp(max=len(self.noise) - 1)


_OBJECTIVES: dict[str, Callable[[WordVectors, Tensor, Tensor], Tensor]] = {
    "softmax": WordVectors.softmax_loss,
    "negative": WordVectors.negative_loss,
}


@dataclass(frozen=True)
class WordSpace:
    """Vectors (V, D) of the words of a vocabulary, whose entry 0 is no word."""

    vectors: Tensor
    vocabulary: Sequence[str]

    def nearest(self, word: str, count: int = 10) -> Neighbours:
        """Returns up to `count` other words, by the cosine of their vectors with this word's.

        Raises:
            DataError: the word is not in the vocabulary; the message names a similar one.
        """
        place = self._place(word)
        return self._nearest(self._unit()[place], [place], count)

    def analogy(self, terms: str, count: int = 10) -> Neighbours:
        """Returns up to `count` words near a sum such as ``国王-男人+女人``, without the words that it names.

        The sum is of vectors of length 1 (Mikolov, Yih and Zweig, 2013).

        Raises:
            UsageError: `terms` is no sum of words.
            DataError: a word is not in the vocabulary.
        """
        signed = [(sign, self._place(word)) for sign, word in parse_terms(terms)]
        unit = self._unit()
        total = torch.stack([sign * unit[place] for sign, place in signed]).sum(0)
        return self._nearest(normalize(total, dim=0), [place for _, place in signed], count)

    def _unit(self) -> Tensor:
        return normalize(self.vectors.float(), dim=1)

    def _place(self, word: str) -> int:
        try:
            return self.vocabulary.index(word, 1)
        except ValueError:
            known = self.vocabulary[1:]
            raise DataError(
                f"{word}: not among the {len(known):,} words that this run knows; {did_you_mean(word, known)}"
                "rare words are left out (data.min_count), stop words too (data.stop_words)"
            ) from None

    def _nearest(self, direction: Tensor, without: list[int], count: int) -> Neighbours:
        cosines = self._unit() @ direction
        cosines[[0, *without]] = -torch.inf
        best = cosines.topk(max(0, min(count, len(cosines) - 1 - len(set(without)))))
        pairs = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        return [(self.vocabulary[place], cosine) for place, cosine in pairs]
