"""Exports a checkpoint: writes the file beside its place, checks it against the original, then puts it there."""

import contextlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lightlab.errors import DataError, LightlabError, one_line
from lightlab.export.graphs import Graph, graph_of
from lightlab.export.options import ExportOptions, check_unused
from lightlab.export.programs import largest_difference, write_program
from lightlab.export.snippets import snippet
from lightlab.export.weights import write_safetensors, write_word_vectors
from lightlab.files import whole_file
from lightlab.prediction.predict import Predictor, load_predictor
from lightlab.runs.checkpoints import read_checkpoint


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes:
        files: the exported file, and the JSON file beside it if there is one.
        checked: how the file was compared with the original.
        snippet: a program that uses it.
    """

    files: list[Path]
    checked: str
    snippet: str

    def text(self) -> str:
        lines = [f"written: {path}" for path in self.files]
        return "\n".join([self.checked, *lines, "", self.snippet])


def export(options: ExportOptions, checkpoint: Path) -> Exported:
    """Writes `options.to`, and a JSON file beside a program; both whole, or neither.

    Raises:
        UsageError: the task has nothing of that format; nothing has been written, as after every error.
        DataError: a checkpoint that cannot be used, no rows to check the file on, or a file that cannot be written.
        LightlabError: the exported file computes something else than the original.
    """
    predictor = load_predictor(checkpoint, options.allow)
    kind = _export_weights if options.to.suffix in (".txt", ".safetensors") else _export_program
    try:
        return kind(predictor, options, checkpoint)
    except OSError as error:
        raise DataError(f"to={options.to}: could not be written: {one_line(error)}") from None


def _export_program(predictor: Predictor, options: ExportOptions, checkpoint: Path) -> Exported:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):  # of reading the data
        graph = graph_of(predictor, options.input)
    form = _form(predictor, graph)
    text = json.dumps(form, ensure_ascii=False, indent=1) + "\n"
    beside = options.to.with_suffix(".json")
    if not (beside.is_file() and beside.read_text(encoding="utf-8") == text):
        check_unused(beside, options.overwrite)
    with whole_file(options.to) as unfinished:
        difference = largest_difference(graph, write_program(graph, unfinished, options.to.suffix))
        if not difference.relative <= options.tolerance:
            raise LightlabError(
                f"to={options.to}: its outputs differ by {difference.relative:.1e} from those of {checkpoint}, more "
                f"than tolerance={options.tolerance:g}; nothing has been written"
            )
        with whole_file(beside) as unfinished_form:
            unfinished_form.write_text(text, encoding="utf-8")
    rows = len(graph.expected[0])
    kind = f"{len(graph.expected)} steps of {rows} texts" if graph.steps else f"{rows} row{'s' * (rows > 1)}"
    share = f", {difference.relative:.1e} of the largest output" if difference.relative < difference.absolute else ""
    checked = f"checked on {kind}: the largest difference to {checkpoint} is {difference.absolute:.1e}{share}"
    return Exported([options.to, beside], checked, snippet(options.to, graph, form))


def _export_weights(predictor: Predictor, options: ExportOptions, checkpoint: Path) -> Exported:
    with whole_file(options.to) as unfinished:
        if options.to.suffix == ".txt":
            write_word_vectors(predictor, unfinished)
            checked = "every number reads back as the same float32"
        else:
            write_safetensors(read_checkpoint(checkpoint), predictor, unfinished)
            checked = "read back: every weight is equal"
    return Exported([options.to], checked, snippet(options.to, None, {}))


def _form(predictor: Predictor, graph: Graph) -> dict[str, Any]:
    """Returns what the JSON file holds, the same for each format."""
    spec = predictor.module.spec
    pairs = zip(graph.inputs.items(), graph.rows_dim, strict=False)
    inputs = {name: _shape(value.shape, dim) for (name, value), dim in pairs}
    return {
        "task": predictor.task,
        "epoch": predictor.epoch,
        "inputs": {name: {"shape": shape, "dtype": str(graph.inputs[name].dtype)} for name, shape in inputs.items()},
        "outputs": list(graph.outputs),
        "meaning": graph.form,
        "target": spec.target_name,
        "classes": list(spec.class_names),
        "vocabulary": list(spec.vocabulary),
        "preparation": predictor.data.state_dict(),
    }


def _shape(shape: tuple[int, ...], rows: int) -> list[int | str]:
    return ["N" if dim == rows else size for dim, size in enumerate(shape)]
