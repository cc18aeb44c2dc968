"""Reads a corpus: files of one text a line or chinese-poetry's JSON, or a download of the Tang poems."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path
from typing import Any

from lightlab.data.download import download_folder, read_registry
from lightlab.data.encoding import open_text
from lightlab.data.sources import NotFound, fetch_missing, note, real_or_synthetic
from lightlab.errors import DataError
from lightlab.files import user_path

SUFFIXES = (".txt", ".json")
VERSES = ("paragraphs", "content", "para")  # where chinese-poetry's files keep a poem's lines


def text_files(source: Path) -> list[Path]:
    """Returns the files that `source` names, sorted: itself, a folder's .txt and .json files, or a pattern's.

    Raises:
        NotFound: there are none.
    """
    if source.is_file():
        return [source]
    if source.is_dir():
        paths = [path for path in source.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file()]
    else:
        paths = [Path(name) for name in glob(str(source)) if Path(name).is_file()] if has_magic(str(source)) else []
    if not paths:
        kind = "holds no .txt or .json file" if source.is_dir() else "no such file, folder or pattern"
        raise NotFound(f"{source}: {kind}; name a text file with one poem a line, or chinese-poetry's JSON")
    return sorted(paths)


def read_texts(files: Sequence[Path]) -> Iterator[str]:
    """Yields the texts of all files in turn, without the white space around them; empty lines are left out.

    Text files are read as UTF-8, UTF-16 with its mark, or GBK, line by line: a file may be larger than the memory.

    Raises:
        DataError: a file is empty, binary, in another encoding (naming those that were tried), or JSON without poems.
    """
    for path in files:
        if path.suffix.lower() == ".json":
            yield from _json_poems(path, required=len(files) == 1)
        else:
            yield from _lines(path)


def _lines(path: Path) -> Iterator[str]:
    empty = True
    with open_text(path) as file:
        for line in file:
            if text := line.strip():
                empty = False
                yield text
    if empty:
        raise DataError(f"{path}: empty; expected text, one poem a line")


def _json_poems(path: Path, required: bool) -> Iterator[str]:
    try:
        with open_text(path) as file:
            content = json.load(file)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: not JSON ({str(error)[:80]})") from None
    poems = [_poem(entry) for entry in content] if isinstance(content, list) else []
    if not any(poems):
        problem = f"{path}: holds no poems (a list of objects with one of {', '.join(VERSES)})"
        if required:
            raise DataError(problem)
        note(f"{problem}: left out")
    yield from filter(None, poems)


def _poem(entry: Any) -> str:
    lines: Any = next((entry[key] for key in VERSES if entry.get(key)), []) if isinstance(entry, dict) else []
    return "".join(line.strip() for line in lines if isinstance(line, str)) if isinstance(lines, list) else ""


@dataclass(frozen=True)
class TextSource:
    """Where the text files of a corpus come from.

    Attributes:
        source: see `lightlab.data.sources.real_or_synthetic`.
        corpus: the user's own file, folder or pattern, which nothing replaces; None for `folder`.
        folder: of the data set's own files.
        registry: lists the files to download into `folder`: a path, or a file beside this module; None: no download.
    """

    source: str
    corpus: str | None
    folder: Path
    registry: str | None = None

    def files(self) -> list[Path]:
        """Returns the corpus's files; none where synthetic text takes its place.

        Raises:
            NotFound: no such corpus, or no real data where it is demanded.
        """
        if self.corpus and self.source != "embedded":
            return text_files(user_path(self.corpus))
        return real_or_synthetic(self.source, self.folder.name, self._find) or []

    def _find(self) -> list[Path]:
        if not self.folder.is_dir():
            expected = "a text file with one text a line or chinese-poetry's JSON (data.corpus= names another)"
            download = self._download if self.registry else None
            fetch_missing(self.source, self.folder, expected, download)
        return text_files(self.folder)

    def _download(self) -> None:
        mirrors, files = read_registry(Path(__file__).parent / str(self.registry))
        download_folder(files, mirrors, self.folder)
