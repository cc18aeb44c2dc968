"""The recurrent language model."""

from typing import Any

from torch import Tensor, nn

from lightlab.networks.layers import Layer, Layers
from lightlab.networks.shapes import check_input
from lightlab.spec import Spec

State = Tensor | tuple[Tensor, Tensor]  # (num_layers, N, hidden_size); an LSTM has two


class RNN(nn.Module):
    """Embedding → recurrent layers → logits of the next token: (N, T), state → (N, T, V), state.

    The cells have their own activations; the config group `activation` is not used.

    Args:
        cell: ``rnn`` (Elman, 1990; tanh), ``gru`` (arXiv:1406.1078) or ``lstm`` (Hochreiter and Schmidhuber, 1997).
        dropout: after the embedding, between the recurrent layers and before the head, in [0, 1).
        tied: the head's weights are the embedding's (arXiv:1608.05859), after a projection to its size.
    """

    input_kinds = ("token",)

    def __init__(
        self,
        spec: Spec,
        layers: Layers,
        activation: Layer,
        cell: str = "rnn",
        embedding_size: int = 256,
        hidden_size: int = 512,
        num_layers: int = 2,
        dropout: float = 0.0,
        tied: bool = False,
    ) -> None:
        super().__init__()
        check_input(self, spec)
        tokens = len(spec.vocabulary)
        between = dropout if num_layers > 1 else 0.0
        self.embedding = layers.embedding(tokens, embedding_size)
        self.cells = getattr(layers, cell)(embedding_size, hidden_size, num_layers, batch_first=True, dropout=between)
        self.dropout = layers.dropout(dropout)
        project = tied and embedding_size != hidden_size
        self.projection = layers.linear(hidden_size, embedding_size) if project else nn.Identity()
        self.head = layers.linear(embedding_size if tied else hidden_size, tokens)
        if tied:
            # An embedding's default weights have a standard deviation of 1, so that of the logits would be √size.
            nn.init.normal_(self.embedding.weight, std=embedding_size**-0.5)  # type: ignore[arg-type]
            self.head.weight = self.embedding.weight

    def forward(self, tokens: Tensor, state: Any = None) -> tuple[Tensor, State]:
        x = self.dropout(self.embedding(tokens))  # (N, T, E)
        x, state = self.cells(x, state)  # (N, T, H)
        return self.head(self.projection(self.dropout(x))), state
