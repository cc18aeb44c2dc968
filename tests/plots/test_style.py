import pytest

from lightlab.plots import style as fonts


@pytest.fixture
def latin_alone(monkeypatch):
    monkeypatch.setattr(fonts, "families", lambda: (fonts.LATIN,))
    fonts._say_lacking.cache_clear()


def test_latin_greek_and_a_dash_are_drawn_as_they_are(latin_alone, capsys):
    assert fonts.drawable("naïve – α²") == "naïve – α²"
    assert capsys.readouterr().err == ""


def test_what_no_font_has_is_shown_as_code_points_and_said_once(latin_alone, capsys):
    assert fonts.drawable("春a") == "<6625>a"
    assert fonts.drawable("春春") == "<6625><6625>"
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "'春'" in said and "Noto Sans CJK" in said


def test_names_are_one_line_short_and_no_formula():
    assert fonts.legible("a\nb\tc") == "a b c"
    assert fonts.legible("x" * 30, most=5) == "xxxx…"
    assert fonts.legible("$1 and $2") == r"\$1 and \$2"


def test_a_font_has_all_characters_of_a_text(latin_alone):
    assert fonts.font_path("abc").endswith("DejaVuSans.ttf")
    assert fonts.font_path("春").endswith("DejaVuSans.ttf")  # none has it
