"""Writes weights as safetensors, and word vectors as text."""

import json
from pathlib import Path
from typing import Any

import torch

from lightlab.errors import DataError, UsageError
from lightlab.modules.word_vectors import WordVectors
from lightlab.prediction.predict import Predictor
from lightlab.runs.checkpoints import ADDED, read_safetensors


def write_safetensors(checkpoint: dict[str, Any], predictor: Predictor, path: Path) -> None:
    """Writes a checkpoint's weights, its config and what prediction needs besides; word vectors are added as such.

    Raises:
        DataError: what was written does not read back equal.
    """
    from safetensors.torch import save

    tensors = {name: weight.clone().contiguous() for name, weight in checkpoint["state_dict"].items()}
    record = checkpoint["lightlab"]
    metadata = {key: json.dumps(record[key], ensure_ascii=False) for key in ("format", "config", "spec", "preparation")}
    metadata |= {key: json.dumps(checkpoint[key]) for key in ("epoch", "global_step")}
    if isinstance(predictor.module, WordVectors):
        tensors[ADDED] = predictor.module.word_vectors().contiguous()
    path.write_bytes(save(tensors, metadata={"framework": "lightlab", **metadata}))
    written = read_safetensors(path)
    weights, original = written["state_dict"], checkpoint["state_dict"]
    same = weights.keys() == original.keys() and all(torch.equal(weights[name], original[name]) for name in weights)
    if not same or json.dumps(written["lightlab"]) != json.dumps({key: record[key] for key in written["lightlab"]}):
        raise DataError("the file does not hold what the checkpoint holds; nothing has been written")


def write_word_vectors(predictor: Predictor, path: Path) -> None:
    """Writes ``WORDS SIZE``, then a line for each word: the word and its numbers, as word2vec does.

    Raises:
        UsageError: the run has learnt no word vectors.
        DataError: what was written does not read back equal.
    """
    if not isinstance(predictor.module, WordVectors):
        raise UsageError(
            f"a run of {predictor.task} has no word vectors for .txt; .safetensors takes its weights, .onnx and .pt2 "
            "a model"
        )
    words, vectors = predictor.module.spec.vocabulary[1:], predictor.module.word_vectors()[1:]  # 0 is no word
    with path.open("w", encoding="utf-8") as file:
        file.write(f"{len(words)} {vectors.shape[1]}\n")
        for word, vector in zip(words, vectors.tolist(), strict=True):
            numbers = " ".join(f"{number:.9g}" for number in vector)  # enough to read the same float32 again
            file.write(f"{'_'.join(word.split())} {numbers}\n")
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    if not torch.equal(torch.tensor([list(map(float, line.split(" ")[1:])) for line in lines]), vectors):
        raise DataError("the file does not hold the vectors of the checkpoint; nothing has been written")
