"""Adds to the site what lies elsewhere: the READMEs, CONTRIBUTING.md, CHANGELOG.md, and a reference made from the code.

MkDocs calls it while it builds (`hooks` in mkdocs.yml). New pages in docs/ and new modules need no change here.
"""

import ast
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "lightlab"
PAGES = {"index.md": "README.md", "zh.md": "README.zh-CN.md", "contributing.md": "CONTRIBUTING.md"}
PAGES["changelog.md"] = "CHANGELOG.md"
# What somebody who builds on lightlab imports; the other folders are the commands and their parts.
PUBLIC = {
    "data": "Data",
    "networks": "Networks",
    "modules": "Modules",
    "optimization": "Optimization",
    "scratch": "By hand",
    "callbacks": "Callbacks",
    "surfaces": "Surfaces",
}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    for name, source in PAGES.items():
        files.append(File.generated(config, name, content=_moved((ROOT / source).read_text(encoding="utf-8"))))
    reference = {"lightlab": ["lightlab"], **{name: _modules(PACKAGE / name) for name in PUBLIC}}
    reference["others"] = ["lightlab.spec", "lightlab.errors", "lightlab.config.composition", "lightlab.config.rules"]
    for name, modules in reference.items():
        title = PUBLIC.get(name, {"others": "Specification, errors, config"}.get(name, "Python"))
        content = "\n".join([f"# {title}", *(f"\n::: {module}" for module in modules), ""])
        files.append(File.generated(config, f"reference/{name}.md", content=content))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    return markdown if page.file.src_uri in PAGES else _outwards(markdown)


def _modules(folder: Path) -> list[str]:
    """Returns the modules of a folder that define something public, with a docstring."""
    modules = []
    for path in sorted(folder.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        defined = [node for node in tree.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))]
        if any(not node.name.startswith("_") for node in defined):
            modules.append(".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts))
    return modules


def _moved(text: str) -> str:
    """Changes the links of a page of the root into those of the site."""
    places = {source: name for name, source in PAGES.items()}
    text = re.sub(r"\]\(docs/", "](", text)
    text = re.sub(r"\]\(([\w.-]+\.md)\)", lambda match: f"]({places.get(match[1], match[1])})", text)
    return _unlinked(text)


def _outwards(text: str) -> str:
    """Changes the links of a page in docs/ to the root's pages; those to other files stay as text."""
    places = {source: name for name, source in PAGES.items()}
    text = re.sub(
        r"\]\(\.\./([\w.-]+\.md)(#[^)]*)?\)", lambda match: f"]({places.get(match[1], match[1])}{match[2] or ''})", text
    )
    return re.sub(r"\[([^\]]+)\]\(\.\./(?!figures)[^)]+\)", r"\1", text)


def _unlinked(text: str) -> str:
    """Leaves the text of links to files that the site does not hold."""
    return re.sub(r"\[([^\]]+)\]\((?:benchmarks|conf|src|examples|tests|LICENSE)[^)]*\)", r"\1", text)
