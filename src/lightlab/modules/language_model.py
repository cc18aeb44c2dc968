"""Predicts the next token of a text."""

import math
from typing import Any

from torch import Tensor
from torchmetrics import MetricCollection

from lightlab.modules.metrics import BitsPerCharacter, Perplexity
from lightlab.modules.supervised import SupervisedModule
from lightlab.modules.verse import rhyme_groups, write_poems
from lightlab.modules.verse_options import VERSE_RULES, Verse
from lightlab.spec import IGNORED


class LanguageModel(SupervisedModule):
    """Inputs and targets are tokens (N, T), outputs are logits (N, T, V); targets of -100 are padding.

    Each row starts from a state of zeros, in training and in evaluation. Losses are means over tokens, not over rows.
    """

    target = "token"
    predict_options = tuple(VERSE_RULES)
    text_column = "poem"

    def metrics(self) -> MetricCollection:
        return MetricCollection({"perplexity": Perplexity(), "bits_per_character": BitsPerCharacter()})

    def train_loss_metrics(self, loss: Tensor) -> dict[str, Tensor]:
        return {"perplexity": loss.exp(), "bits_per_character": loss / math.log(2)}

    def compute_loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        return self.criterion(outputs.flatten(0, 1), targets.flatten())

    def count(self, targets: Tensor) -> Tensor:
        return (targets != IGNORED).sum()

    def query(self, options: dict[str, Any]) -> dict[str, list[Any]]:
        """Returns poems; the options are those of `lightlab.modules.verse_options.Verse`."""
        verse, vocabulary = Verse(**options), self.spec.vocabulary
        rhymes = rhyme_groups(vocabulary) if verse.rhyme else None
        return {"poem": write_poems(self.network, vocabulary, verse, self.device, rhymes)}

    def forward(self, x: Tensor) -> Tensor:
        logits, _ = self.network(x)
        return logits

    def predict(self, outputs: Tensor) -> dict[str, list[Any]]:
        """Returns the likeliest next token."""
        tokens = outputs[:, -1].argmax(1).tolist()
        return {"next": [self.spec.vocabulary[token] for token in tokens]}
