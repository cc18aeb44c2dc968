"""Programs of a few lines that use an exported file, without lightlab."""

import json
from pathlib import Path
from typing import Any

from lightlab.export.graphs import Graph

_NAMED = ("probabilities", "probability", "logits")  # outputs of which a name follows
_NUMPY = {"torch.uint8": "np.uint8", "torch.int64": "np.int64", "torch.float32": "np.float32"}


def snippet(path: Path, graph: Graph | None, form: dict[str, Any]) -> str:
    """Returns a Python program that loads the file and calls it with two rows of zeros.

    Args:
        graph: None where the file holds weights.
        form: what the JSON file beside it holds.
    """
    if graph is None:
        return (_TEXT if path.suffix == ".txt" else _WEIGHTS).format(path=_quoted(path))
    onnx = path.suffix == ".onnx"
    lines = ["import json", "from pathlib import Path", ""] if graph.outputs[0] in _NAMED else []
    lines += ["import numpy as np", "import onnxruntime", ""] if onnx else ["import torch", ""]
    lines.append((_SESSION if onnx else _MODEL).format(path=_quoted(path)))
    for number, (name, value) in enumerate(graph.inputs.items()):
        shape = [2 if dim == graph.rows_dim[number] else size for dim, size in enumerate(value.shape)]
        kind = str(value.dtype)
        dtype = _NUMPY.get(kind, kind.replace("torch", "np")) if onnx else kind
        zeros = f"np.zeros({tuple(shape)}, {dtype})" if onnx else f"torch.zeros({tuple(shape)}, dtype={dtype})"
        lines.append(f"{name} = {zeros}" + ("  # put your rows here" if not number else ""))
    outputs = ", ".join(graph.outputs)
    if onnx:
        inputs = ", ".join(f'"{name}": {name}' for name in graph.inputs)
        lines.append(f"{outputs if len(graph.outputs) > 1 else f'({outputs},)'} = session.run(None, {{{inputs}}})")
    else:
        lines += ["with torch.inference_mode():", f"    {outputs} = model({', '.join(graph.inputs)})"]
    return "\n".join([*lines, *_reading(graph.outputs[0], path, form)])


def _reading(output: str, path: Path, form: dict[str, Any]) -> list[str]:
    """Returns the lines that turn the first output into names."""
    if output not in _NAMED:
        return [f"print({output})"]
    names = "classes" if form["classes"] else "vocabulary"
    beside = _quoted(path.with_suffix(".json"))
    opened = f'{names} = json.loads(Path({beside}).read_text(encoding="utf-8"))["{names}"]'
    if output == "probability":
        return [opened, f"print([{names}[int(p >= 0.5)] for p in {output}])"]
    return [opened, f"print([{names}[int(row.argmax())] for row in {output}])"]


def _quoted(path: Path) -> str:
    return json.dumps(str(path), ensure_ascii=False)


_SESSION = "session = onnxruntime.InferenceSession({path})"
_MODEL = "model = torch.export.load({path}).module()"
_WEIGHTS = """\
import json

from safetensors import safe_open

with safe_open({path}, "pt") as file:
    weights = {{name: file.get_tensor(name) for name in file.keys()}}
    config = json.loads(file.metadata()["config"])
print(config["network"]["_target_"], {{name: tuple(weight.shape) for name, weight in weights.items()}})"""
_TEXT = """\
from pathlib import Path

import numpy as np

rows = [line.split(" ") for line in Path({path}).read_text(encoding="utf-8").splitlines()[1:]]
words, vectors = [row[0] for row in rows], np.array([row[1:] for row in rows], np.float32)
vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
nearest = (vectors @ vectors[0]).argsort()[::-1][:5]
print([words[place] for place in nearest])  # gensim: KeyedVectors.load_word2vec_format({path})"""
