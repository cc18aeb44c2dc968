import gzip
from pathlib import Path

import pytest

from lightlab.data import encoding as module
from lightlab.data.encoding import PIECE, open_text, text_encoding
from lightlab.errors import DataError, UsageError

TEXT = "照片,分数\n"


@pytest.fixture
def written(tmp_path):
    def write(content):
        (tmp_path / "text").write_bytes(content)
        return tmp_path / "text"

    return write


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("packed", [bytes, gzip.compress])
def test_an_encoding_is_detected_plain_or_gzipped(written, encoding, packed):
    path = written(packed(TEXT.encode(encoding)))
    assert text_encoding(path) == encoding
    with open_text(path) as file:
        assert file.read() == TEXT


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"stra\xdf 5\n", r"UTF-8 fails at byte 4; GBK fails at byte 4\); save it as UTF-8"),
        (b"a" * (PIECE + 5) + b"\xff", rf"UTF-8 fails at byte {PIECE + 5:,}"),
        (b"a\0b", "binary data"),
        (b"PK\x03\x04", "an Excel or zip file"),
        (gzip.compress(b"a" * 100, mtime=0)[:-9], "cut short"),
    ],
)
def test_what_is_not_text_is_refused_in_a_line(written, content, message):
    with pytest.raises(DataError, match=message) as caught:
        text_encoding(written(content))
    assert "\n" not in str(caught.value)


def test_a_named_encoding_is_taken_and_explained_where_it_fails(written):
    path = written("straße".encode("latin-1"))
    with open_text(path, "latin-1") as file:
        assert file.read() == "straße"
    with (
        pytest.raises(DataError, match=r"not text in ascii; name its data\.encoding="),
        open_text(path, "ascii") as file,
    ):
        file.read()
    with pytest.raises(UsageError, match="knows no such encoding"), open_text(path, "latin-99"):
        pass


@pytest.mark.parametrize("encoding", ["zip", "rot13", "a\0b", ""])
def test_an_encoding_that_is_not_one_of_text_is_refused(written, encoding):
    with pytest.raises(UsageError, match="knows no such encoding"), open_text(written(b"a"), encoding):
        pass


def test_a_bomb_is_left_where_it_exceeds_what_its_size_allows(written, monkeypatch):
    monkeypatch.setattr(module, "LEAST_LIMIT", PIECE)
    path = written(gzip.compress(b"a,b\n" * 2**21))
    with pytest.raises(DataError, match=r"text: unpacks to more than \d MiB, which is more than 200 times its size"):
        text_encoding(path)
    with pytest.raises(DataError, match="unpacks to more"), open_text(path, "utf-8") as file:
        file.read()


@pytest.mark.parametrize("packed", [bytes, gzip.compress])
def test_a_line_is_bounded_and_a_file_is_not(written, monkeypatch, packed):
    monkeypatch.setattr(module, "MOST_OF_LINE", 2 * PIECE)
    assert text_encoding(written(packed(b"a" * PIECE + b"\n" + b"a" * PIECE + b"\r" + b"a" * PIECE))) == "utf-8"
    path = written(packed(b"a\n" + b"a" * 3 * PIECE))
    with pytest.raises(DataError, match=r"text: a line of more than 2 MiB, from byte 1 on"):
        text_encoding(path)


def test_a_device_is_refused():
    with pytest.raises(DataError, match="/dev/zero: cannot be read \\(a device"):
        text_encoding(Path("/dev/zero"))


def test_other_errors_pass_through(written):
    with pytest.raises(KeyError), open_text(written(b"a")):
        raise KeyError
