"""Predicts the next token of a text."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric, MetricCollection

from lightlab.generation import write_poems
from lightlab.losses import IGNORED, TokenCrossEntropy
from lightlab.modules.supervised import SupervisedModule
from lightlab.rhymes import rhyme_groups
from lightlab.verse import VERSE_RULES, Verse


class LanguageModel(SupervisedModule):
    """Inputs and targets are tokens (N, T), outputs logits (N, T, V); targets of -100 are padding.

    Each row starts from a state of zeros, in training and in evaluation. Losses are means over tokens, not over rows.
    """

    target = "token"
    asked = tuple(VERSE_RULES)
    verbatim = "poem"

    def metrics(self) -> MetricCollection:
        return MetricCollection({"perplexity": Perplexity(), "bits_per_character": BitsPerCharacter()})

    def of_train_loss(self, loss: Tensor) -> dict[str, Tensor]:
        return {"perplexity": loss.exp(), "bits_per_character": loss / math.log(2)}

    def judge(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return self.criterion(outputs.flatten(0, 1), targets.flatten())

    def weight(self, targets: Tensor) -> Tensor:
        return (targets != IGNORED).sum()

    def answer(self, asked: dict[str, Any]) -> dict[str, list[Any]]:
        """Poems, of the form and chosen as a `lightlab.verse.Verse` of these options says."""
        verse, vocabulary = Verse(**asked), self.spec.vocabulary
        rhymes = rhyme_groups(vocabulary) if verse.rhyme else None
        return {"poem": write_poems(self.network, vocabulary, verse, self.device, rhymes)}

    def forward(self, x: Tensor) -> Tensor:
        logits, _ = self.network(x)
        return logits

    def predict(self, outputs: Tensor) -> dict[str, list[Any]]:
        """The likeliest next token."""
        tokens = outputs[:, -1].argmax(1).tolist()
        return {"next": [self.spec.vocabulary[token] for token in tokens]}


class _Surprise(Metric):
    """Adds up -ln p(target) of the tokens that are no padding."""

    full_state_update = False
    total: Tensor
    count: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.add_state("total", torch.tensor(0.0), dist_reduce_fx="sum")
        self.add_state("count", torch.tensor(0), dist_reduce_fx="sum")

    def update(self, logits: Tensor, targets: Tensor) -> None:
        """Args: logits (N, T, V), targets (N, T)."""
        count = (targets != IGNORED).sum()
        self.total += TokenCrossEntropy()(logits.flatten(0, 1), targets.flatten()) * count
        self.count += count

    def mean(self) -> Tensor:
        return self.total / self.count


class Perplexity(_Surprise):
    """exp of the mean surprise: the number of equally likely tokens that would surprise as much."""

    def compute(self) -> Tensor:
        return self.mean().exp()


class BitsPerCharacter(_Surprise):
    """The mean surprise in bits a token, which is a character here."""

    def compute(self) -> Tensor:
        return self.mean() / math.log(2)
