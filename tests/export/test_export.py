"""Small runs of every kind, exported to each format and used without lightlab, as the printed snippet does."""

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch

from lightlab.errors import DataError, LightlabError, UsageError
from lightlab.export.export import export
from lightlab.export.graphs import graph_of
from lightlab.export.options import parse_export_options
from lightlab.export.snippets import snippet
from lightlab.prediction.options import parse_options
from lightlab.prediction.predict import load_predictor, predict
from lightlab.training.fit import train

ROOT = Path(__file__).resolve().parents[2]
SHORT = ("pictures=none", "data.source=embedded", "trainer.max_epochs=1", "trainer.max_steps=2")
RUNS = {
    "image": ("task=digits_mlp", "network=linear", "data.train_size=64"),
    "table": ("task=house_prices", "data.train_size=64", "network.members=2"),
    "binary": ("task=diabetes", "data.train_size=64", "network.members=2"),
    "photo": ("task=face_gender", "data.train_size=32", "data.batch_size=8"),
    "verse": (
        *("task=poetry_rnn", "network.cell=lstm", "network.tied=true", "network.hidden_size=8"),
        *("network.embedding_size=4", "data.embedded_poems=200", "data.train_size=20"),
    ),
    "words": ("task=word_embedding", "data.embedded_texts=300", "data.min_count=1"),
}
NEEDED = {"onnx": ("onnx", "onnxscript", "onnxruntime"), "pt2": (), "safetensors": ("safetensors",), "txt": ()}


def needs(suffix: str) -> None:
    missing = [name for name in NEEDED[suffix] if find_spec(name) is None]
    if missing:
        pytest.skip(f"needs the extra export: {', '.join(missing)}")


@pytest.fixture(scope="module")
def trained(config, tmp_path_factory):
    """Returns the last checkpoint of a run, trained when it is first asked for."""
    runs: dict[str, Path] = {}

    def checkpoint(kind: str) -> Path:
        if kind not in runs:
            folder = tmp_path_factory.mktemp(kind)
            train(config(*RUNS[kind], *SHORT), folder)
            runs[kind] = folder / "checkpoints" / "last.ckpt"
        return runs[kind]

    return checkpoint


def exported(checkpoint: Path, to: str, *arguments: str):
    return export(parse_export_options([f"checkpoint={checkpoint}", f"to={to}", *arguments]), checkpoint)


def run_snippet(program: str, capsys) -> str:
    capsys.readouterr()
    exec(compile(program, "snippet", "exec"), {})
    return capsys.readouterr().out


@pytest.mark.filterwarnings("ignore:.*isinstance.treespec, LeafSpec.*:FutureWarning")
@pytest.mark.parametrize("suffix", ["pt2", pytest.param("onnx", marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", ["image", "table", "binary", pytest.param("photo", marks=pytest.mark.slow), "verse"])
def test_a_program_equals_the_module_and_its_snippet_runs(trained, kind, suffix, capsys):
    needs(suffix)
    result = exported(trained(kind), f"new/model.{suffix}")
    assert [path.name for path in result.files] == [f"model.{suffix}", "model.json"]
    assert all(path.is_file() for path in result.files)
    assert result.checked.startswith("checked on ")
    assert run_snippet(result.snippet, capsys).startswith(("[", "tensor(["))


@pytest.mark.parametrize(
    ("kind", "to"),
    [("image", "model.onnx"), ("image", "model.pt2"), ("image", "model.safetensors"), ("words", "vectors.txt")],
)
def test_the_programs_in_the_documents_are_those_that_are_printed(trained, kind, to):
    graph = graph_of(load_predictor(trained(kind), []), None) if kind == "image" else None
    graph = None if to.endswith("safetensors") else graph
    program = snippet(Path(to), graph, {"classes": ["0"]})
    assert f"```python\n{program}\n```" in (ROOT / "docs" / "export.md").read_text(encoding="utf-8")


def test_the_json_beside_a_program_says_what_the_graph_leaves_out(trained, tmp_path):
    exported(trained("table"), "model.pt2")
    form = json.loads((tmp_path / "model.json").read_text(encoding="utf-8"))
    assert form["inputs"]["rows"] == {"shape": ["N", len(form["meaning"]["columns"])], "dtype": "torch.float64"}
    assert form["meaning"]["categories"]["MSZoning"]["codes"]
    assert form["outputs"] == ["value"]
    assert form["target"] == "SalePrice"


@pytest.mark.filterwarnings("ignore:.*isinstance.treespec, LeafSpec.*:FutureWarning")
def test_a_table_is_given_as_it_is(trained):
    """Numbers as the table has them, and the codes of the JSON file, give the prediction of predict.py."""
    checkpoint = trained("binary")
    exported(checkpoint, "model.pt2")
    model = torch.export.load("model.pt2").module()
    row = [1.0, 89, 66, 23, 94, 28.1, 0.167, 21]
    expected = predict(parse_options([f"checkpoint={checkpoint}", f"input=[{row}]"]), checkpoint).table
    probability = float(model(torch.tensor([row], dtype=torch.float64)).detach())
    assert probability == pytest.approx(expected["probability"][0], abs=1e-6)


def test_what_does_not_fit_a_format_is_refused_with_those_that_do(trained, tmp_path):
    with pytest.raises(UsageError, match=r"word_embedding learns word vectors: export them to \.txt or \.safetensors"):
        exported(trained("words"), "model.pt2")
    with pytest.raises(UsageError, match=r"has no word vectors for \.txt; \.safetensors takes its weights"):
        exported(trained("image"), "vectors.txt")
    with pytest.raises(UsageError, match="poetry_rnn takes no rows; take input= away"):
        exported(trained("verse"), "model.pt2", "input=photo.png")
    assert not list(tmp_path.glob("*model*"))


def test_a_file_that_differs_is_not_kept(trained, tmp_path, monkeypatch):
    (tmp_path / "model.pt2").write_text("before")
    monkeypatch.setattr("lightlab.modules.classification.SoftmaxClassification.decode", lambda self, outputs: outputs)
    predictor = load_predictor(trained("image"), [])
    monkeypatch.setattr("lightlab.export.export.load_predictor", lambda *_: predictor)
    calls = iter([lambda outputs: outputs + 1])
    predictor.module.decode = lambda outputs: next(calls, lambda outputs: outputs)(outputs)
    with pytest.raises(LightlabError, match=r"its outputs differ by .* more than tolerance=0\.0001; nothing has been"):
        exported(trained("image"), "model.pt2", "overwrite=true")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir() if path.is_file()] == [("model.pt2", "before")]


def test_a_description_of_another_model_is_not_replaced(trained, tmp_path):
    (tmp_path / "model.json").write_text("{}")
    with pytest.raises(UsageError, match=r"model\.json: is there already; add overwrite=true"):
        exported(trained("image"), "model.pt2")
    assert not (tmp_path / "model.pt2").exists()


def test_rows_of_the_user_check_a_run_whose_data_is_gone(trained, tmp_path, monkeypatch):
    checkpoint = trained("image")
    message = r"the run's own data, to check the export on, cannot be read .*; name rows in input="
    with monkeypatch.context() as patch:
        patch.setattr("lightlab.data.images.datamodule.ImageClasses.load", _gone)
        with pytest.raises(DataError, match=message):
            exported(checkpoint, "model.pt2")
    from PIL import Image

    Image.fromarray(np.zeros((28, 28), np.uint8)).save("photo.png")
    assert exported(checkpoint, "model.pt2", "input=photo.png").checked.startswith("checked on 1 row:")


def _gone(self):
    raise DataError("no file")


def test_an_operation_that_cannot_be_exported_is_one_line(trained, tmp_path, monkeypatch):
    monkeypatch.setattr("lightlab.networks.mlp.Linear.forward", _with_a_branch)
    with pytest.raises(LightlabError, match=r"cannot be exported to \.pt2: .*; \.safetensors takes its weights"):
        exported(trained("image"), "model.pt2")
    assert not list(tmp_path.glob("*model*"))


def _with_a_branch(self, x):
    x = x.flatten(1)
    return self.head(x) if float(x.sum()) > 0 else self.head(-x)


def test_word_vectors_read_back_as_text(trained, capsys):
    result = exported(trained("words"), "vectors.txt")
    lines = Path("vectors.txt").read_text(encoding="utf-8").splitlines()
    module = load_predictor(trained("words"), []).module
    assert lines[0] == f"{len(module.spec.vocabulary) - 1} {module.word_vectors().shape[1]}"
    word, *numbers = lines[1].split(" ")
    assert word == module.spec.vocabulary[1]
    assert torch.equal(torch.tensor([float(number) for number in numbers]), module.word_vectors()[1])
    assert word in run_snippet(result.snippet, capsys)


@pytest.mark.parametrize("kind", ["image", "verse", "words"])
def test_safetensors_predict_like_the_checkpoint(trained, kind, capsys):
    needs("safetensors")
    checkpoint, option = trained(kind), {"image": "input=photo.png", "verse": "start=春", "words": "nearest=苹果"}[kind]
    result = exported(checkpoint, "model.safetensors")
    if kind == "image":
        from PIL import Image

        Image.fromarray(np.zeros((28, 28), np.uint8)).save("photo.png")
    files = [checkpoint, Path("model.safetensors")]
    one, other = (predict(parse_options([f"checkpoint={path}", option]), path).table for path in files)
    assert one.equals(other)
    assert "network" in run_snippet(result.snippet, capsys)


@pytest.mark.parametrize(
    ("contents", "message"),
    [(b"", "damaged"), (b"\x08\0\0\0\0\0\0\0{}      ", "not exported by lightlab"), (None, "no such checkpoint")],
)
def test_safetensors_of_others_are_refused(tmp_path, contents, message):
    needs("safetensors")
    path = tmp_path / "model.safetensors"
    if contents is not None:
        path.write_bytes(contents)
    with pytest.raises(DataError, match=message):
        load_predictor(path, [])


def test_a_module_loads_in_plain_lightning(trained):
    from lightlab.modules.classification import SoftmaxClassification
    from lightlab.modules.regression import Regression

    checkpoint = trained("image")
    module = SoftmaxClassification.load_from_checkpoint(checkpoint)
    assert module.training
    assert type(module.configure_optimizers()).__name__ == "Adam"
    original = torch.load(checkpoint, weights_only=True)["state_dict"]
    assert all(torch.equal(weight, original[name]) for name, weight in module.state_dict().items())
    with pytest.raises(UsageError, match="holds a SoftmaxClassification, not a Regression"):
        Regression.load_from_checkpoint(checkpoint)
