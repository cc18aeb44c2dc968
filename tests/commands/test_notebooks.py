"""The notebooks in examples/ run from the first cell to the last."""

from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "examples" / "notebooks").glob("*.ipynb"))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Jupyter's packages
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path, tmp_path):
    nbclient = pytest.importorskip("nbclient", reason="needs nbclient and ipykernel: pip install 'lightlab-dl[dev]'")
    nbformat = pytest.importorskip("nbformat")
    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()  # raises the error of a cell
    shown = [set(output.get("data", {})) for cell in notebook.cells for output in cell.get("outputs", [])]
    assert any("image/png" in kinds for kinds in shown) and any("text/html" in kinds for kinds in shown)


def test_the_notebooks_are_kept_without_outputs():
    for path in NOTEBOOKS:
        assert '"image/png"' not in (text := path.read_text(encoding="utf-8")) and '"execution_count": null' in text
