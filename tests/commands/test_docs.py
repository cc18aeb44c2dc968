"""What the documents say is so."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from lightlab.cli.arguments import prepare
from lightlab.cli.help import help_text
from lightlab.figures.options import parse_figure_options
from lightlab.prediction.options import parse_options

ROOT = Path(__file__).resolve().parents[2]
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
DOCUMENTS = [*READMES, *sorted((ROOT / "docs").glob("*.md"))]


def commands(script: str) -> list[str]:
    texts = [path.read_text(encoding="utf-8") for path in [*DOCUMENTS, *ROOT.glob("docs/*.md")]] + [
        help_text(ROOT / "conf")
    ]
    lines = (line for text in texts for line in text.splitlines())
    found = {re.split(r"\s{2,}|\s#", line.strip())[0] for line in lines if line.startswith(("    python", "  python"))}
    return sorted(each.removeprefix(f"python {script} ") for each in found if each.startswith(f"python {script} "))


@pytest.mark.parametrize("command", commands("train.py"))
def test_each_training_command_is_accepted(command):
    words = shlex.split(command)
    if any(word.startswith(("resume=", "sweep_resume=", "--config-dir")) for word in words):
        pytest.skip("needs a run or a folder of the user's own")
    prepare(words, ROOT / "conf")  # checks every value of a sweep


@pytest.mark.parametrize("command", commands("predict.py"))
def test_each_prediction_command_is_understood(command):
    parse_options(shlex.split(command))


@pytest.mark.parametrize("document", READMES, ids=lambda path: path.name)
def test_each_task_is_in_the_readme(document):
    text = document.read_text(encoding="utf-8")
    for path in (ROOT / "conf" / "task").glob("*.yaml"):
        assert f"`{path.stem}`" in text


@pytest.mark.parametrize("command", commands("-m lightlab figures"))
def test_each_command_that_draws_is_understood(command):
    parse_figure_options(shlex.split(command))


def test_no_placeholder_is_left():
    documents = [*ROOT.glob("*.md"), *ROOT.glob("conf/**/*.yaml"), *ROOT.glob("benchmarks/*.md")]
    assert not [path.name for path in documents if "@@" in path.read_text(encoding="utf-8")]


def test_links_between_documents_lead_somewhere():
    for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]:
        for target in re.findall(r"\]\((?!http)([^)#]+)\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), target
