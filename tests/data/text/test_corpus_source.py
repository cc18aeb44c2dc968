import pytest

from lightlab.data.text.corpus import TextSource
from lightlab.errors import DataError


def test_the_users_own_text_comes_first(tmp_path):
    (tmp_path / "poems").mkdir()
    (tmp_path / "poems" / "poems.txt").write_text("春", encoding="utf-8")
    (tmp_path / "own.txt").write_text("秋", encoding="utf-8")
    assert TextSource("auto", "own.txt", tmp_path / "poems").files("x")[0].name == "own.txt"
    assert TextSource("auto", None, tmp_path / "poems").files("x")[0].name == "poems.txt"
    assert TextSource("embedded", "own.txt", tmp_path / "poems").files("x") == []


@pytest.mark.parametrize("repository", [None, {"url": "http://example.invalid", "commit": "0" * 40, "files": ["/*"]}])
def test_where_there_is_nothing_the_stand_in_is_named_aloud(tmp_path, capsys, repository):
    assert TextSource("auto", None, tmp_path / "poems", repository).files("sentences that a grammar makes") == []
    assert "! Training on sentences that a grammar makes; the results will say" in capsys.readouterr().err


@pytest.mark.parametrize(("source", "corpus"), [("files", None), ("auto", "gone.txt"), ("files", "gone.txt")])
def test_what_may_not_be_replaced_is_an_error(tmp_path, source, corpus):
    with pytest.raises(DataError, match=r"(poems|gone.txt): no such file, folder or pattern"):
        TextSource(source, corpus, tmp_path / "poems").files("x")
