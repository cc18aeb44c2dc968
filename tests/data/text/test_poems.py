from pathlib import Path

import pytest

from lightlab.data.synthetic.verse import WORDS, couplets
from lightlab.data.text.tokens import form_of
from lightlab.errors import DataError, UsageError
from lightlab.training.building import build_data


@pytest.fixture
def load(config, tmp_path):
    """A data module, set up; the corpus is what `lines` say, in data_dir."""

    def load(*overrides, lines=None, task="poetry_rnn_course"):
        if lines is not None:
            (tmp_path / "data" / "poems").mkdir(parents=True, exist_ok=True)
            (tmp_path / "data" / "poems" / "poems.txt").write_text("\n".join(lines), encoding="utf-8")
        data = build_data(config(f"task={task}", f"data_dir={tmp_path / 'data'}", *overrides))
        data.setup()
        return data

    return load


QUATRAINS = [poem for poem in couplets(2000, seed=1) if len(poem) == 32]


def test_the_courses_windows_are_four_a_quatrain(load):
    data = load(lines=QUATRAINS)
    texts = {name: len(rows) // 4 for name, rows in data.splits.items()}
    assert sum(texts.values()) == len(QUATRAINS) and data.origin == "real"
    inputs, targets = next(iter(data.train_dataloader()))
    assert inputs.shape == targets.shape == (32, 24)
    assert (inputs[:, 1:] == targets[:, :-1]).all()


def test_the_spec_tells_the_vocabulary(load):
    spec = load(lines=QUATRAINS).spec
    assert (spec.target, spec.input_shape, spec.output_size) == ("token", (24,), len(spec.vocabulary))
    assert set(spec.vocabulary[1:]) <= set("".join(WORDS["lexicon"].values()))


@pytest.mark.parametrize("source", ["auto", "embedded"])
def test_without_poems_the_embedded_verse_is_marked_as_such(load, source, capsys):
    data = load(f"data.source={source}", "data.train_size=10")
    assert data.origin == "embedded" and len(data.splits["train"]) == 40
    noted = capsys.readouterr().err
    assert "synthetic data in place of poems" in noted and ("does not hold" in noted) == (source == "auto")


def test_embedded_verse_has_the_form_that_it_is_said_to_have():
    forms = [form_of(poem) for poem in couplets(100)]
    assert forms.count((4, 5)) == forms.count((4, 7)) == 50
    assert list(couplets(10)) == list(couplets(10)) != list(couplets(10, seed=1))
    assert all(first != second for first, second in zip(QUATRAINS[0][:7], QUATRAINS[0][8:15], strict=True))


def test_a_corpus_of_the_users_own(load, tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text("\n".join(QUATRAINS), encoding="gbk")
    assert load(f"data.corpus={path}").origin == "real"


@pytest.mark.parametrize("source", ["auto", "files"])
def test_a_corpus_that_is_named_and_not_there_is_an_error(load, source):
    with pytest.raises(DataError, match=r"none\.txt: no such file"):
        load("data.corpus=none.txt", f"data.source={source}")


def test_files_that_are_asked_for_and_not_there_are_an_error(load):
    with pytest.raises(DataError, match="poems does not hold poems"):
        load("data.source=files")


def test_lines_shorter_than_the_window_are_refused_with_both_lengths(load):
    with pytest.raises(DataError, match=r"none of .* texts has the 31 tokens .*data\.window=30"):
        load("data.window=30", lines=QUATRAINS)


def test_one_poem_is_too_few(load):
    with pytest.raises(DataError, match="1 text leaves none to"):
        load(lines=QUATRAINS[:1])


def test_no_input_can_be_predicted(load):
    with pytest.raises(UsageError, match="give start="):
        load(lines=QUATRAINS).read("photo.png")


def test_poems_are_downloaded_verified_and_then_found(load, poem_registry):
    assert load(f"data.registry={poem_registry}", "data.rules.min_count=1").origin == "real"
    assert load("data.source=files").origin == "real"


def test_the_real_poems(config, real_data):
    if not Path(real_data / "poems").is_dir():
        pytest.skip("needs the Tang poems")
    data = build_data(config("task=poetry_rnn_course", f"data_dir={real_data}", "data.source=files"))
    data.setup()
    assert sum(len(rows) for rows in data.splits.values()) == 4 * 10_332
