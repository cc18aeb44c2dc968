import subprocess
import sys

import pytest

from lightlab.data.text.segmentation import Cutter
from lightlab.errors import DataError

TEXT = "小明在果园里采摘苹果，又吃了 3 个橘子！"


def words(text, folder, **settings):
    return list(Cutter(**settings).open(folder)(text))


def test_words_are_jiebas_without_punctuation(tmp_path):
    assert words(TEXT, tmp_path) == ["小明", "在", "果园", "里", "采摘", "苹果", "又", "吃", "了", "3", "个", "橘子"]


def test_a_run_of_letters_that_does_not_end_is_no_word(tmp_path):
    assert words(f"苹果 {'x' * 1000} abc", tmp_path) == ["苹果", "abc"]


def test_characters_are_a_choice(tmp_path):
    assert words("床前，明月光。", tmp_path, unit="character") == list("床前明月光")
    assert list(tmp_path.iterdir()) == []


def test_new_words_are_guessed_only_where_asked_for(tmp_path):
    verse = "他来到了网易杭研大厦"
    assert "杭研" in words(verse, tmp_path, new_words=True)
    assert "杭研" not in words(verse, tmp_path, new_words=False)


@pytest.mark.parametrize("line", ["石墨烯片", "石墨烯片 5", "石墨烯片 5 n", "石墨烯片 n"])
def test_a_user_dictionary_teaches_words_and_no_other_cutter(tmp_path, line):
    path = tmp_path / "words.txt"
    path.write_text(f"{line}\n云计算", encoding="gbk")
    text = "研究石墨烯片的性质"
    assert "石墨烯片" in words(text, tmp_path / "cache", user_dictionary=str(path), new_words=False)
    assert "石墨烯片" not in words(text, tmp_path / "cache", new_words=False)


@pytest.mark.parametrize("line", ["石墨烯 0", "石墨烯 -3", "石墨烯 1.5", "石墨烯 3 n x"])
def test_a_line_of_the_dictionary_that_is_no_word_is_named(tmp_path, line):
    path = tmp_path / "words.txt"
    path.write_text(f"云计算 3\n{line}\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"words.txt, word 2: .*; expected a word, its frequency, its kind"):
        words(TEXT, tmp_path, user_dictionary=str(path))


def test_a_missing_dictionary_is_named(tmp_path):
    for act in (lambda cutter: cutter.open(tmp_path), Cutter.rules):
        with pytest.raises(DataError, match=r"data.user_dictionary=none.txt: no such file"):
            act(Cutter(user_dictionary="none.txt"))


def test_the_rules_name_all_that_words_depend_on(tmp_path):
    path = tmp_path / "words.txt"
    rules = set()
    for content in ("云计算", "石墨烯"):
        path.write_text(content, encoding="utf-8")
        rules.add(Cutter(user_dictionary=str(path)).rules())
    rules |= {Cutter().rules(), Cutter(new_words=False).rules(), Cutter(unit="character").rules()}
    assert len(rules) == 5


def test_jieba_is_silent_and_keeps_its_cache_in_our_folder(tmp_path):
    code = (
        "from pathlib import Path; from lightlab.data.text.segmentation import Cutter; "
        "print(list(Cutter().open(Path('cache'))('苹果和香蕉')))"
    )
    command = [sys.executable, "-B", "-W", "error", "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("['苹果', '和', '香蕉']\n", "")
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["jieba.cache"]


def test_a_cache_folder_that_cannot_be_made_stops_nothing(tmp_path):
    (tmp_path / "file").write_text("")
    assert words("苹果", tmp_path / "file" / "cache") == ["苹果"]


def test_a_damaged_cache_is_made_anew(tmp_path):
    (tmp_path / "jieba.cache").write_bytes(b"damaged")
    assert words("苹果和香蕉", tmp_path) == ["苹果", "和", "香蕉"]
    assert (tmp_path / "jieba.cache").stat().st_size > 1000
