import pytest
import torch

from lightlab.errors import DataError, UsageError
from lightlab.training.building import build_data

LINES = [f"春天的花园里有{flower}和{other}。" for flower in ["桃花", "梅花", "荷花"] for other in ["蝴蝶", "蜜蜂"]]


@pytest.fixture
def words(config):
    def build(**settings):
        chosen = config("task=word_embedding")
        chosen["data"] |= settings
        return build_data(chosen)

    return build


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "own.txt"
    path.write_text("\n".join(LINES * 3 + [f"第{index}天下雨" for index in range(40)]), encoding="utf-8")
    return {"corpus": str(path), "source": "files", "min_count": 1, "val_fraction": 0.2, "test_fraction": 0.2}


def test_the_embedded_text_is_cut_into_rows_of_words(words):
    data = words(source="embedded")
    data.setup()
    assert data.origin == "embedded" and set(data.splits) == {"train", "val", "test"}
    spec = data.spec
    assert spec.output_size == len(spec.vocabulary) == len(spec.counts) and spec.target == "word"
    assert {"苹果", "月亮", "国王"} < set(spec.vocabulary) and not {"的", "，", "。"} & set(spec.vocabulary)
    contexts, targets = next(iter(data.val_dataloader()))
    assert contexts.shape[1:] == spec.input_shape and contexts.dtype == targets.dtype == torch.int64
    assert (targets > 0).all() and int(contexts.max()) < spec.output_size


def test_an_epoch_leaves_out_some_of_the_frequent_words(words):
    thinned, all_of_them = words(source="embedded", subsample=1e-3), words(source="embedded", subsample=None)
    for data in (thinned, all_of_them):
        data.setup()
    rows = [sum(len(targets) for _, targets in data.train_dataloader()) for data in (thinned, all_of_them)]
    assert rows[0] < rows[1] == len(all_of_them.splits["train"])
    assert len(list(thinned.train_dataloader())) == len(thinned.train_dataloader())


def test_a_users_own_text(words, own):
    data = words(**own)
    data.setup()
    assert data.origin == "real" and {"桃花", "蜜蜂"} < set(data.spec.vocabulary)


def test_what_was_cut_once_is_not_cut_again(words, own, monkeypatch):
    first = words(**own)
    first.setup()
    monkeypatch.setattr("lightlab.data.text.cbow.number_words", lambda *_: pytest.fail("cut again"))
    again = words(**own | {"min_count": 2})
    again.setup()
    assert 2 < len(again.spec.vocabulary) < len(first.spec.vocabulary)


def test_characters_stop_words_and_dictionary_are_choices(words, own, tmp_path):
    (tmp_path / "stop.txt").write_text("花", encoding="utf-8")
    data = words(**own, unit="character", stop_words="stop.txt")
    data.setup()
    assert {"桃", "天"} < set(data.spec.vocabulary) and "花" not in data.spec.vocabulary
    (tmp_path / "dictionary.txt").write_text("桃花和蝴蝶 100000", encoding="utf-8")
    data = words(**own, user_dictionary="dictionary.txt")
    data.setup()
    assert "桃花和蝴蝶" in data.spec.vocabulary


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        ("春眠不觉晓".encode(), "1 text leaves none to"),
        (b"\0\1\2", "binary data"),
        (b"\xff\xfe\xfd\xfc\xff", "none of the encodings tried|UTF-16"),
        ("。。\n！".encode(), "none of the texts has a word"),
        ("\n".join(["桃花 桃花"] * 50).encode(), "50 texts leave none to"),
    ],
)
def test_a_text_that_is_none_is_refused(words, tmp_path, content, message):
    path = tmp_path / "bad.txt"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        words(corpus=str(path), source="files", min_count=1).setup()


@pytest.mark.parametrize("setting", ["user_dictionary", "stop_words"])
def test_a_missing_word_file_is_named(words, own, setting):
    with pytest.raises(DataError, match=rf"data.{setting}=gone.txt: no such file"):
        words(**own | {setting: "gone.txt"}).setup()


def test_there_is_no_input_to_read(words):
    with pytest.raises(UsageError, match="nearest=WORD"):
        words().read("x")
