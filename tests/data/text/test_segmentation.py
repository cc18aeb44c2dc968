import subprocess
import sys

import pytest

from lightlab.data.text.segmentation import Cutter
from lightlab.errors import DataError

TEXT = "小明在果园里采摘苹果，又吃了 3 个橘子！"


def words(text, **settings):
    return list(Cutter(**settings).open()(text))


def test_words_are_jiebas_without_punctuation(tmp_path):
    assert words(TEXT) == ["小明", "在", "果园", "里", "采摘", "苹果", "又", "吃", "了", "3", "个", "橘子"]


def test_a_run_of_letters_that_does_not_end_is_no_word(tmp_path):
    assert words(f"苹果 {'x' * 1000} abc") == ["苹果", "abc"]


def test_characters_are_a_choice():
    assert words("床前，明月光。", unit="character") == list("床前明月光")


def test_new_words_are_guessed_only_where_asked_for(tmp_path):
    verse = "他来到了网易杭研大厦"
    assert "杭研" in words(verse, new_words=True)
    assert "杭研" not in words(verse, new_words=False)


@pytest.mark.parametrize("line", ["石墨烯片", "石墨烯片 5", "石墨烯片 5 n", "石墨烯片 n"])
def test_a_user_dictionary_teaches_words_and_no_other_cutter(tmp_path, line):
    path = tmp_path / "words.txt"
    path.write_text(f"{line}\n云计算", encoding="gbk")
    text = "研究石墨烯片的性质"
    assert "石墨烯片" in words(text, user_dictionary=str(path), new_words=False)
    assert "石墨烯片" not in words(text, new_words=False)


@pytest.mark.parametrize("line", ["石墨烯 0", "石墨烯 -3", "石墨烯 1.5", "石墨烯 3 n x", f"石墨烯 {'9' * 5000}"])
def test_a_line_of_the_dictionary_that_is_no_word_is_named(tmp_path, line):
    path = tmp_path / "words.txt"
    path.write_text(f"云计算 3\n{line}\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"words.txt, word 2: .*; expected a word, its frequency, its kind"):
        words(TEXT, user_dictionary=str(path))


def test_a_missing_dictionary_is_named(tmp_path):
    for act in (Cutter.open, Cutter.rules):
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


def test_jieba_is_silent_and_keeps_no_cache(tmp_path):
    code = (
        "from lightlab.data.text.segmentation import Cutter; import tempfile; "
        "tempfile.mkstemp = None; print(list(Cutter().open()('苹果和香蕉')))"
    )
    command = [sys.executable, "-B", "-W", "error", "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("['苹果', '和', '香蕉']\n", "")
    assert not list(tmp_path.iterdir())
