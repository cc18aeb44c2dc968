"""The continuous bag of words (Mikolov et al., 2013, arXiv:1301.3781)."""

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding

from lightlab.networks.layers import Layer, Layers
from lightlab.networks.shapes import check_input
from lightlab.spec import Spec


class CBOW(nn.Module):
    """The mean of the context's vectors → a score for each word: (N, 2·window) → (N, V). Word 0 is padding.

    There is no activation; the config group `activation` is not used.

    Args:
        embedding_size: numbers of a word's vector.
    """

    input_kinds = ("word",)

    def __init__(self, spec: Spec, layers: Layers, activation: Layer, embedding_size: int = 100) -> None:
        super().__init__()
        check_input(self, spec)
        words = len(spec.vocabulary)
        self.embedding = layers.embedding(words, embedding_size)
        self.head = layers.linear(embedding_size, words, bias=False)
        # As in word2vec: small vectors, and all words equally likely.
        nn.init.uniform_(self.embedding.weight, -0.5 / embedding_size**0.5, 0.5 / embedding_size**0.5)  # type: ignore[arg-type]
        nn.init.zeros_(self.head.weight)  # type: ignore[arg-type]

    def forward(self, contexts: Tensor) -> Tensor:
        return self.head(self.hidden(contexts))

    def hidden(self, contexts: Tensor) -> Tensor:
        """(N, 2·window) → (N, D): the mean over the words that are not padding, 0 where all are."""
        present = (contexts > 0).unsqueeze(2)
        total = (self.embedding(contexts) * present).sum(1)
        return total / present.sum(1).clamp(min=1)

    def scores(self, hidden: Tensor, words: Tensor) -> Tensor:
        """Returns the scores of some words only: (N, D), (N, k) → (N, k)."""
        return torch.einsum("nd,nkd->nk", hidden, embedding(words, self.head.weight))  # type: ignore[arg-type]

    def vectors(self) -> Tensor:
        """Returns (V, D): each word's vector as a context plus that as a target (Levy, Goldberg and Dagan, 2015)."""
        return (self.embedding.weight + self.head.weight).detach()  # type: ignore[operator]
