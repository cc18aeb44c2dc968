"""The documents are right: their commands are accepted, their links and paths exist."""

import re
import shlex
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.__main__ import FUNCTIONS
from lightlab.cli.arguments import prepare
from lightlab.cli.help import help_text
from lightlab.figures.options import parse_figure_options
from lightlab.prediction.options import parse_options

ROOT = Path(__file__).resolve().parents[2]
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
DOCUMENTS = [*READMES, *sorted((ROOT / "docs").glob("*.md"))]


def commands(name: str) -> list[str]:
    """Returns the arguments of every command in the documents and in --help that is called so, or by its script."""
    prefix = re.compile(rf"(lightlab|python -m lightlab) {name} |python {name}\.py ")
    texts = [*(path.read_text(encoding="utf-8") for path in DOCUMENTS), help_text(ROOT / "conf")]
    lines = (line.strip() for text in texts for line in text.splitlines() if line.startswith(("    ", "  lightlab")))
    calls = {re.split(r"\s{2,}|\s#", line)[0] for line in lines if prefix.match(line)}
    return sorted({prefix.sub("", call, count=1) for call in calls})


@pytest.mark.parametrize("command", commands("train"))
def test_each_training_command_is_accepted(command):
    arguments = shlex.split(command)
    if any(argument.startswith(("resume=", "sweep_resume=", "--config-dir")) for argument in arguments):
        pytest.skip("needs a run or a folder of the user's own")
    if "--help" in arguments:
        assert help_text(ROOT / "conf", [argument for argument in arguments if argument != "--help"])
    else:
        prepare(arguments, ROOT / "conf")  # checks every value of a sweep


@pytest.mark.parametrize("command", commands("predict"))
def test_each_prediction_command_is_accepted(command):
    parse_options(shlex.split(command))


@pytest.mark.parametrize("document", READMES, ids=lambda path: path.name)
def test_each_task_is_in_the_readme(document):
    text = document.read_text(encoding="utf-8")
    for path in (ROOT / "conf" / "task").glob("*.yaml"):
        assert f"`{path.stem}`" in text


@pytest.mark.parametrize("command", commands("figures"))
def test_each_command_that_draws_figures_is_accepted(command):
    parse_figure_options(shlex.split(command))


def test_no_placeholder_is_left_in_a_document():
    documents = [*ROOT.glob("*.md"), *ROOT.glob("conf/**/*.yaml"), *ROOT.glob("benchmarks/*.md")]
    assert not [path.name for path in documents if "@@" in path.read_text(encoding="utf-8")]


def test_links_in_documents_lead_somewhere():
    for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]:
        for target in re.findall(r"\]\((?!http)([^)#]+)\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), target


def test_paths_named_in_contributing_exist():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    paths = {path for path in re.findall(r"`([\w./]+(?:/|\.py|\.yaml))`", text) if "NAME" not in path}
    package = ROOT / "src" / "lightlab"
    roots = (ROOT, ROOT / "conf", package, package / "data", package / "sweeps")
    assert len(paths) > 40
    assert not sorted(path for path in paths if not any((root / path).exists() for root in roots))


def test_benchmarks_named_in_documents_and_configs_exist():
    files = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("benchmarks/*.md"), *ROOT.glob("conf/**/*.yaml")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    modules, timings = (set(re.findall(rf"python -m benchmarks{sign}(\w+)", text)) for sign in (r"\.", " "))
    assert len(modules) > 5 and all(find_spec(f"benchmarks.{module}") for module in modules)
    assert timings and timings <= {*FUNCTIONS, "all"}
