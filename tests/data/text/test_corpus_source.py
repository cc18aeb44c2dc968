import pytest

from lightlab.data.text.corpus import TextSource
from lightlab.errors import DataError


def files(source, corpus, folder, *download):
    return TextSource(source, corpus, folder, *download).files()


def test_the_users_own_text_comes_first(tmp_path):
    (tmp_path / "poems").mkdir()
    (tmp_path / "poems" / "poems.txt").write_text("春", encoding="utf-8")
    (tmp_path / "own.txt").write_text("秋", encoding="utf-8")
    assert files("auto", "own.txt", tmp_path / "poems")[0].name == "own.txt"
    assert files("auto", None, tmp_path / "poems")[0].name == "poems.txt"
    assert files("embedded", "own.txt", tmp_path / "poems") == []


@pytest.mark.parametrize("download", [(), ("empty.txt",)])
def test_where_there_is_nothing_synthetic_text_takes_its_place(tmp_path, capsys, download):
    download = [tmp_path / name for name in download]
    for registry in download:
        registry.write_text("http://example.invalid\nname 1 " + "0" * 64)
    assert files("auto", None, tmp_path / "poems", *download) == []
    assert "! Training on synthetic data in place of poems; the results will say" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("source", "corpus", "message"),
    [
        ("files", None, "poems does not hold poems: it should have a text file"),
        ("auto", "gone.txt", "gone.txt: no such file, folder or pattern"),
        ("files", "gone.txt", "gone.txt: no such file, folder or pattern"),
    ],
)
def test_a_demanded_corpus_that_is_missing_is_an_error(tmp_path, source, corpus, message):
    with pytest.raises(DataError, match=message):
        files(source, corpus, tmp_path / "poems")
