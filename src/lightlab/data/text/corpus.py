"""Reads a corpus: files of one text a line or chinese-poetry's JSON, a download, or synthetic texts."""

from __future__ import annotations

import codecs
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path
from typing import Any

from lightlab.data.download import GitFiles, fetch_files
from lightlab.errors import DataError

SUFFIXES = (".txt", ".json")
CHUNK_BYTES = 2**20
VERSES = ("paragraphs", "content", "para")  # where chinese-poetry's files keep a poem's lines
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_TRIED = ("utf-8", "gb18030")  # the latter holds all of GBK


def text_files(source: Path) -> list[Path]:
    """Returns the files that `source` names, sorted: itself, a folder's .txt and .json files, or a pattern's.

    Raises:
        DataError: there are none.
    """
    if source.is_file():
        return [source]
    if source.is_dir():
        found = [path for path in source.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file()]
    else:
        found = [Path(name) for name in glob(str(source)) if Path(name).is_file()] if has_magic(str(source)) else []
    if not found:
        kind = "holds no .txt or .json file" if source.is_dir() else "no such file, folder or pattern"
        raise DataError(f"{source}: {kind}; name a text file with one poem a line, or chinese-poetry's JSON")
    return sorted(found)


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
    with _opened(path), path.open(encoding=_encoding(path)) as file:
        for line in file:
            if text := line.strip():
                empty = False
                yield text
    if empty:
        raise DataError(f"{path}: empty; expected text, one poem a line")


def _encoding(path: Path) -> str:
    """The encoding that the whole file is valid in: read once to find out, so that no line is wrong later."""
    with _opened(path), path.open("rb") as file:
        start = file.read(4)
    mark = next((name for mark, name in _MARKS.items() if start.startswith(mark)), None)
    failures: list[str] = []
    for encoding in [mark] if mark else _TRIED:
        failure = _first_failure(path, encoding)
        if failure is None:
            if failures:
                print(f"! {path}: {failures[0]}; read as {_NAMES[encoding]}", file=sys.stderr)
            return encoding
        failures.append(f"{_NAMES[encoding]} fails at byte {failure:,}")
    raise DataError(f"{path}: in none of the encodings tried ({'; '.join(failures)}); save it as UTF-8")


_NAMES = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16", "gb18030": "GBK"}


def _first_failure(path: Path, encoding: str) -> int | None:
    """The offset of the first bytes that are not in `encoding`; None if all are."""
    decoder = codecs.getincrementaldecoder(encoding)()
    position = 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(CHUNK_BYTES)
            held = len(decoder.getstate()[0])  # bytes of a character that the last chunk cut
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                return position - held + error.start
            if "\0" in text:
                raise DataError(f"{path}: binary data (a zero byte near {position:,}), not text; name a text file")
            if not chunk:
                return None
            position += len(chunk)


def _json_poems(path: Path, required: bool) -> Iterator[str]:
    try:
        with _opened(path):
            content = json.loads(path.read_text(encoding=_encoding(path)))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: not JSON ({str(error)[:80]})") from None
    poems = [_poem(each) for each in content] if isinstance(content, list) else []
    if not any(poems):
        problem = f"{path}: holds no poems (a list of objects with one of {', '.join(VERSES)})"
        if required:
            raise DataError(problem)
        print(f"! {problem}: left out", file=sys.stderr)
    yield from filter(None, poems)


def _poem(entry: Any) -> str:
    lines: Any = next((entry[key] for key in VERSES if entry.get(key)), []) if isinstance(entry, dict) else []
    return "".join(line.strip() for line in lines if isinstance(line, str)) if isinstance(lines, list) else ""


@contextmanager
def _opened(path: Path) -> Iterator[None]:
    """Turns the system's refusal to open or read a file into an error that names it."""
    try:
        yield
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error


@dataclass(frozen=True)
class TextSource:
    """Text files to find.

    Attributes:
        source: ``auto`` (files; else download them; else none, said loudly), ``files`` (or an error) or ``embedded``.
        corpus: the user's own file, folder or pattern; None for `folder`.
        repository: url, commit and files of a git repository to download them from into `folder`.
    """

    source: str
    corpus: str | None
    folder: Path
    repository: Mapping[str, Any] | None = None

    def files(self, synthetic: str) -> list[Path]:
        """The corpus's files; none where the embedded text, which `synthetic` describes, is to take its place.

        Raises:
            DataError: the corpus is not there, and may not be replaced.
        """
        if self.source == "embedded":
            return []
        if self.corpus:
            return text_files(Path(self.corpus).expanduser())
        try:
            return text_files(self.folder) if self.folder.is_dir() or self.source == "files" else self._downloaded()
        except DataError as missing:
            if self.source == "files":
                raise
            print(f"! {missing}\n! Training on {synthetic}; the results will say data: embedded", file=sys.stderr)
            return []

    def _downloaded(self) -> list[Path]:
        if not self.repository:
            raise DataError(
                f"{self.folder}: no such folder; put a text file with one poem a line there, or chinese-poetry's JSON, "
                "or name it: data.corpus=my.txt"
            )
        return fetch_files(GitFiles(**self.repository), self.folder)
