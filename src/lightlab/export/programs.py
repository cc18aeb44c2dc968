"""Writes a graph as ONNX or as torch's own program, and runs what was written."""

import io
import logging
import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor
from torch.export import Dim, ExportedProgram

from lightlab.errors import LightlabError, memory_is_full, one_line
from lightlab.export.graphs import Graph

Run = Callable[[Sequence[Tensor]], list[Tensor]]


def write_program(graph: Graph, path: Path, suffix: str) -> Run:
    """Writes a graph in the format of `suffix` and returns a function that runs what the file holds.

    Raises:
        LightlabError: an operation of the model cannot be exported.
    """
    write, load = _FORMATS[suffix]
    try:
        with _quiet():
            write(graph, _traced(graph), path)
            return load(path)
    except Exception as error:  # an exporter raises many kinds
        if memory_is_full(error) or isinstance(error, (LightlabError, OSError)):
            raise
        raise LightlabError(
            f"this model cannot be exported to {suffix}: {one_line(error, 160)}; .safetensors takes its weights"
        ) from error


class Difference(NamedTuple):
    """The largest absolute difference of two outputs, and the same as a share of the largest output, if above 1."""

    absolute: float
    relative: float


_NOT_EQUAL = Difference(math.inf, math.inf)  # of another shape, or NaN


def largest_difference(graph: Graph, run: Run) -> Difference:
    """Returns the largest difference to the original's outputs.

    The rows are run together, and the first one alone.
    """
    whole = list(graph.inputs.values())
    single = [value.narrow(dim, 0, 1) for value, dim in zip(whole, graph.rows_dim, strict=False)]
    differences = _differences(graph, run, whole, graph.expected)
    differences += _differences(graph, run, single, [expected[:1] for expected in graph.expected])
    return max(differences, key=lambda difference: difference.relative)


def _differences(graph: Graph, run: Run, inputs: list[Tensor], expected: list[Tensor]) -> list[Difference]:
    """Compares each call with the original; the further outputs of a call are the further inputs of the next."""
    differences, states = [], inputs[1:]
    for call, original in enumerate(expected):
        if call:
            inputs = [graph.steps[call - 1][: len(original)], *states]
        output, *states = run(inputs)
        if output.shape != original.shape:
            return [_NOT_EQUAL]
        absolute = float((output.double() - original.double()).abs().max())
        relative = absolute / max(1.0, float(original.abs().max()))
        differences.append(_NOT_EQUAL if math.isnan(relative) else Difference(absolute, relative))
    return differences


def _traced(graph: Graph) -> ExportedProgram:
    rows = Dim("rows")
    dims = tuple({dim: rows} for dim, _ in zip(graph.rows_dim, graph.inputs, strict=False))
    # `Step` takes its states as one parameter, *states.
    shapes = dims if len(dims) == 1 else (dims[0], dims[1:])
    pairs = zip(graph.inputs.values(), graph.rows_dim, strict=False)
    examples = tuple(torch.cat([value, value], dim) for value, dim in pairs)  # of one row, it would take one alone
    return torch.export.export(graph.module.eval(), examples, dynamic_shapes=shapes)


def _write_onnx(graph: Graph, traced: ExportedProgram, path: Path) -> None:
    program = torch.onnx.export(
        traced,
        dynamo=True,
        verbose=False,
        input_names=list(graph.inputs),
        output_names=list(graph.outputs),
    )
    assert program is not None
    program.save(str(path), external_data=False)


def _load_onnx(path: Path) -> Run:
    import onnxruntime

    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    names = [value.name for value in session.get_inputs()]

    def run(inputs: Sequence[Tensor]) -> list[Tensor]:
        arrays = {name: value.numpy() for name, value in zip(names, inputs, strict=True)}
        return [torch.from_numpy(array) for array in session.run(None, arrays)]

    return run


def _write_program(graph: Graph, traced: ExportedProgram, path: Path) -> None:
    contents = io.BytesIO()
    torch.export.save(traced, contents)
    path.write_bytes(contents.getvalue())


def _load_program(path: Path) -> Run:
    module = torch.export.load(io.BytesIO(path.read_bytes())).module()

    @torch.inference_mode()
    def run(inputs: Sequence[Tensor]) -> list[Tensor]:
        outputs = module(*inputs)
        return list(outputs) if isinstance(outputs, (tuple, list)) else [outputs]

    return run


_FORMATS = {".onnx": (_write_onnx, _load_onnx), ".pt2": (_write_program, _load_program)}


@contextmanager
def _quiet() -> Iterator[None]:
    """Silences what the exporters say of themselves, such as that torchvision is not installed."""
    disabled = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        logging.disable(disabled)
