import warnings

import pytest
from matplotlib.figure import Figure

from lightlab.plots import style


@pytest.fixture
def latin_alone(monkeypatch):
    monkeypatch.setattr(style, "families", lambda: (style.LATIN,))
    style._warn_of.cache_clear()


def test_latin_greek_and_a_dash_are_drawn_as_they_are(latin_alone, capsys):
    assert style.replace_missing_glyphs("naïve – α²") == "naïve – α²"
    assert capsys.readouterr().err == ""


def test_characters_of_no_font_are_shown_as_code_points_with_one_warning(latin_alone, capsys):
    assert style.replace_missing_glyphs("春a") == "<6625>a"
    assert style.replace_missing_glyphs("春春") == "<6625><6625>"
    warning = capsys.readouterr().err
    assert warning.count("\n") == 1 and "'春'" in warning and "Noto Sans CJK" in warning


def test_names_are_one_line_short_and_no_formula():
    assert style.label_text("a\nb\tc") == "a b c"
    assert style.label_text("x" * 30, most=5) == "xxxx…"
    assert style.label_text("$1 and $2") == r"\$1 and \$2"


def test_a_font_has_all_characters_of_a_text(latin_alone):
    assert style.font_path("abc").endswith("DejaVuSans.ttf")
    assert style.font_path("春").endswith("DejaVuSans.ttf")  # none has it


def test_chinese_labels_where_a_font_has_them(tmp_path):
    if style.chinese_font() is None:
        pytest.skip("needs a font with Chinese characters")
    figure = Figure()
    figure.suptitle(style.translator("zh")("losses for regression"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib's, on a character that no font has
        figure.savefig(tmp_path / "a.png")
    assert figure.get_suptitle() == "回归损失"


def test_without_a_chinese_font_labels_stay_english_with_a_warning(monkeypatch, capsys):
    monkeypatch.setattr(style, "chinese_font", lambda: None)
    assert style.translator("zh")("learning rate") == "learning rate"
    assert "no font with Chinese characters is installed" in capsys.readouterr().err


@pytest.mark.parametrize(("value", "text"), [(0.123456, "0.1235"), (123456.7, "123,457"), (1e12, "1e+12"), (-2, "-2")])
def test_numbers_are_written_out_where_they_can_be_read(value, text):
    assert style.format_number(value) == text


def test_one_row_is_no_rows():
    assert (style.format_rows(1, "test"), style.format_rows(1234, "val")) == ("1 test row", "1,234 val rows")


def test_charts_fill_rows():
    figure, charts = style.charts(4, columns=3, width=2, height=1)
    assert len(charts) == 4 and figure.get_size_inches().tolist() == [6, 2]


def test_a_picture_that_cannot_be_drawn_leaves_the_one_before_it(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    path.write_bytes(b"before")

    def fail(self, file, **_):
        file.write_bytes(b"half")
        raise OSError("full")

    monkeypatch.setattr(Figure, "savefig", fail)
    with pytest.raises(OSError, match="full"):
        style.save(Figure(), path)
    assert path.read_bytes() == b"before"
