import json
from pathlib import Path

import pytest

from lightlab.data.encoding import PIECE
from lightlab.data.text.corpus import read_texts, text_files
from lightlab.errors import DataError

POEM = "春眠不觉晓，处处闻啼鸟。"


def texts(path):
    return list(read_texts(text_files(path)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gbk", "gb18030"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_each_line_is_a_text_in_every_encoding_that_is_read(tmp_path, encoding, line_end):
    path = tmp_path / "poems.txt"
    path.write_bytes(line_end.join(["", f"  {POEM}　", "", "两个黄鹂鸣翠柳"]).encode(encoding))
    assert texts(path) == [POEM, "两个黄鹂鸣翠柳"]


def test_a_character_that_two_chunks_share_is_whole(tmp_path):
    path = tmp_path / "long.txt"
    path.write_text("a" * (PIECE - 1) + "春\n", encoding="utf-8")
    assert texts(path)[0][-1] == "春"


def test_an_encoding_that_is_not_read_is_refused_with_those_that_were_tried(tmp_path):
    path = tmp_path / "big5.txt"
    path.write_bytes(b"abc" + b"\xff\xfe\xfd")
    with pytest.raises(
        DataError, match=r"big5.txt: not text in UTF-8 or GBK \(UTF-8 fails at byte 3; GBK fails at byte 3\)"
    ):
        texts(path)


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\0\0\0", b"PK\x03\x04\0\0", b"\0" * 10])
def test_binary_data_is_refused(tmp_path, content):
    path = tmp_path / "photo.txt"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"photo.txt: (binary data|not text in UTF-8|an Excel or zip file)"):
        texts(path)


@pytest.mark.parametrize("content", ["", "\n \n", "\ufeff"])
def test_an_empty_file_is_refused(tmp_path, content):
    path = tmp_path / "empty.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=r"empty.txt: empty; expected text"):
        texts(path)


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path):
    for name in ("b.txt", "a.txt", "deep/c.txt", "notes.md"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name, encoding="utf-8")
    assert texts(tmp_path) == ["a.txt", "b.txt", "deep/c.txt"]
    assert texts(tmp_path / "[ab].txt") == ["a.txt", "b.txt"]


@pytest.mark.parametrize("name", ["none.txt", "no*.txt", "folder"])
def test_what_is_not_there_is_named(tmp_path, name):
    (tmp_path / "folder").mkdir()
    with pytest.raises(DataError, match=name.replace("*", r"\*")):
        texts(tmp_path / name)


@pytest.mark.parametrize("key", ["paragraphs", "content", "para"])
def test_chinese_poetrys_json_is_a_poem_an_entry(tmp_path, key):
    path = tmp_path / "poet.tang.0.json"
    path.write_text(json.dumps([{"author": "x", key: [POEM, "夜来风雨声。"]}, {"title": "y"}]), encoding="utf-8")
    assert texts(path) == [f"{POEM}夜来风雨声。"]


def test_json_without_poems_is_left_out_of_a_folder_and_refused_alone(tmp_path, capsys):
    (tmp_path / "poems.txt").write_text(POEM, encoding="utf-8")
    (tmp_path / "authors.json").write_text('[{"name": "x"}]', encoding="utf-8")
    assert texts(tmp_path) == [POEM]
    assert "authors.json: holds no poems" in capsys.readouterr().err
    with pytest.raises(DataError, match=r"authors.json: holds no poems"):
        texts(tmp_path / "authors.json")


@pytest.mark.parametrize("content", ["{", "[" * 100_000, "3", '{"paragraphs": ["x"]}', "[[1], null, 4]"])
def test_json_of_another_form_is_refused(tmp_path, content):
    path = tmp_path / "x.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=r"x.json: (not JSON|holds no poems)"):
        texts(path)


def test_entries_of_another_form_are_left_out_and_counted(tmp_path, capsys):
    entries = [{"paragraphs": [POEM]}, {"paragraphs": []}, {"paragraphs": ["春", 5]}, {"paragraphs": POEM}, 4, [POEM]]
    (tmp_path / "x.json").write_text(json.dumps(entries), encoding="utf-8")
    assert texts(tmp_path) == [POEM]
    assert "x.json: 4 of 6 entries are no poems" in capsys.readouterr().err


def test_half_a_character_in_json_is_replaced(tmp_path):
    (tmp_path / "x.json").write_text(r'[{"paragraphs": ["春\ud83d眠"]}]', encoding="utf-8")
    assert texts(tmp_path) == ["春?眠"]


@pytest.mark.parametrize("name", ["a" * 300, "a\0b", "a\0*"])
def test_a_name_that_no_file_can_have(name):
    with pytest.raises(DataError, match="no such file, folder or pattern"):
        text_files(Path(name))
