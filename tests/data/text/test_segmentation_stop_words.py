import pytest

from lightlab.data.text.segmentation import stop_words
from lightlab.errors import DataError


def test_the_builtin_list_has_modern_and_classical_words():
    assert {"的", "我们", "之", "矣"} <= stop_words("builtin")
    assert not {"春", "月", "苹果", "男人"} & stop_words("builtin")


def test_none_leaves_all_words():
    assert stop_words("none") == frozenset()


def test_a_file_has_a_word_a_line(tmp_path):
    path = tmp_path / "stop.txt"
    path.write_text("# particles\n\n啊\r\n  呀 \n", encoding="gbk")
    assert stop_words(str(path)) == {"啊", "呀"}


def test_a_missing_or_empty_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"data.stop_words=gone.txt: no such file; .* builtin, or none"):
        stop_words("gone.txt")
    (tmp_path / "empty.txt").write_text("")
    with pytest.raises(DataError, match=r"empty.txt: empty"):
        stop_words("empty.txt")
