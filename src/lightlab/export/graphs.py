"""What is exported of a predictor: a graph with names for its inputs and outputs, and rows to compare it on."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from lightlab.data.base import RAW_ROWS, ResidentDataModule
from lightlab.errors import DataError, LightlabError, UsageError
from lightlab.modules.supervised import SupervisedModule
from lightlab.prediction.predict import Predictor

TOKENS = 8  # that a language model is compared on, one step after the other


@dataclass(frozen=True)
class Graph:
    """A module without options, whose inputs and outputs are tensors.

    Attributes:
        inputs: examples of the inputs, by name.
        rows_dim: the dimension of each input, and of each output, that counts rows; any number of rows is possible.
        outputs: the names of the outputs.
        steps: the first input of each further call, which takes the further outputs as its further inputs; a language
            model has some.
        expected: the first output of each call, by the original.
        form: what the user needs to know, as plain values for JSON.
    """

    module: nn.Module
    inputs: dict[str, Tensor]
    rows_dim: tuple[int, ...]
    outputs: tuple[str, ...]
    expected: list[Tensor]
    form: dict[str, Any]
    steps: tuple[Tensor, ...] = ()


class Rows(nn.Module):
    """Rows as a user has them → probabilities or values: preparation, network, decoding."""

    def __init__(self, data: ResidentDataModule, module: SupervisedModule) -> None:
        super().__init__()
        self.network = module.network
        self.prepare, self.decode = data.prepare_raw, module.decode

    def forward(self, rows: Tensor) -> Tensor:
        return self.decode(self.network(self.prepare(rows)))


class Step(nn.Module):
    """A language model's step: tokens (N,), states (layers, N, H) → logits (N, V) of the next token, states."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, tokens: Tensor, *states: Tensor) -> tuple[Tensor, ...]:
        logits, after = self.network(tokens[:, None], states if len(states) > 1 else states[0])
        return logits[:, -1], *_states(after)


@torch.no_grad()
def graph_of(predictor: Predictor, source: Any) -> Graph:
    """Returns the graph of a predictor, with its outputs for the rows of `source`, or of the run's own data if None.

    Raises:
        UsageError: there is no graph of such a task, or there are no rows to compare it on.
        DataError: rows that cannot be read.
    """
    target = predictor.module.spec.target
    if target in _NOT_GRAPHS:
        raise UsageError(_NOT_GRAPHS[target].format(task=predictor.task))
    if "input" in predictor.module.predict_options:
        return _rows_graph(predictor, source)
    if source is not None:
        raise UsageError(f"input=: a run of {predictor.task} takes no rows; take input= away")
    return _step_graph(predictor)


_NOT_GRAPHS = {
    "word": "a run of {task} learns word vectors: export them to .txt or .safetensors",
    "surface": "a run of {task} moves a point on a surface: it has no model to export",
}


def _rows_graph(predictor: Predictor, source: Any) -> Graph:
    data, module = predictor.data, predictor.module
    raw, prepared = _rows(predictor, source)
    expected = module.decode(module(prepared))
    form = data.raw_form()
    name = "pixels" if raw.dtype == torch.uint8 else "rows"
    return Graph(Rows(data, module), {name: raw}, (0, 0), (module.decoded,), [expected], form)


def _rows(predictor: Predictor, source: Any) -> tuple[Tensor, Tensor]:
    if source is not None:
        return predictor.data.raw_rows(source)
    try:
        return predictor.data.raw_rows()
    except (LightlabError, OSError) as error:
        raise DataError(
            f"the run's own data, to check the export on, cannot be read ({error}); name rows in input="
        ) from None


def _step_graph(predictor: Predictor) -> Graph:
    network, vocabulary = predictor.module.network, predictor.module.spec.vocabulary
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(len(vocabulary), (RAW_ROWS, TOKENS), generator=generator)
    _, after = network(tokens[:, :1])
    states = [torch.zeros_like(state) for state in _states(after)]
    names = ["state"] if len(states) == 1 else ["state", "cell"]
    logits = predictor.module(tokens)  # (N, T, V)
    form = {
        "input": "the number of one token of each text, int64 (N,); the states begin as zeros",
        "outside": "cutting a text into tokens, and choosing the next token by the logits",
    }
    first, *steps = tokens.unbind(1)
    return Graph(
        Step(network),
        {"tokens": first, **dict(zip(names, states, strict=True))},
        (0, *[1] * len(states), 0, *[1] * len(states)),
        ("logits", *(f"next_{name}" for name in names)),
        list(logits.unbind(1)),
        form,
        tuple(steps),
    )


def _states(state: Any) -> tuple[Tensor, ...]:
    return state if isinstance(state, tuple) else (state,)
