"""Adds to the site what lies elsewhere: the READMEs, CONTRIBUTING.md, CHANGELOG.md, and a reference made from the code.

MkDocs calls it while it builds (`hooks` in mkdocs.yml). New pages in docs/ and new modules need no change here.
"""

import ast
import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PACKAGE = ROOT / "src" / "lightlab"
PAGES = {
    "index.md": "README.md",
    "zh.md": "README.zh-CN.md",
    "contributing.md": "CONTRIBUTING.md",
    "changelog.md": "CHANGELOG.md",
}
# What somebody who builds on lightlab imports; the other folders are the commands and their parts.
PUBLIC = {
    "lightlab": "Python",
    "data": "Data",
    "networks": "Networks",
    "modules": "Modules",
    "optimization": "Optimization",
    "scratch": "By hand",
    "callbacks": "Callbacks",
    "surfaces": "Surfaces",
    "others": "Specification, errors, config",
}
OTHERS = ["lightlab.spec", "lightlab.errors", "lightlab.config.composition", "lightlab.config.rules"]


def on_files(files: Files, config: MkDocsConfig) -> Files:
    for name, source in PAGES.items():
        files.append(File.generated(config, name, content=_linked((ROOT / source).read_text(encoding="utf-8"), ROOT)))
    for name, title in PUBLIC.items():
        modules = {"lightlab": ["lightlab"], "others": OTHERS}.get(name) or _modules(PACKAGE / name)
        content = "\n".join([f"# {title}", *(f"\n::: {module}" for module in modules), ""])
        files.append(File.generated(config, f"reference/{name}.md", content=content))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    return markdown if page.file.generated_by else _linked(markdown, (DOCS / page.file.src_uri).parent)


def _modules(folder: Path) -> list[str]:
    """Returns the modules of a folder that define something public, in alphabetical order."""
    modules = []
    for path in sorted(folder.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        defined = [node for node in tree.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))]
        if any(not node.name.startswith("_") for node in defined):
            modules.append(".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts))
    return modules


_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!\w+:|#)([^)\s#]+)(#[^)\s]*)?\)")


def _linked(text: str, folder: Path) -> str:
    """Changes the links of a page in `folder` into those of the site; those to files that it lacks become text."""
    names = {(ROOT / source).resolve(): name for name, source in PAGES.items()}

    def link(match: re.Match[str]) -> str:
        image, label, target, anchor = match.groups()
        path = (folder / target).resolve()
        name = names.get(path) or (path.relative_to(DOCS).as_posix() if path.is_relative_to(DOCS) else "")
        return f"{image}[{label}]({name}{anchor or ''})" if name else label

    return _LINK.sub(link, text)
