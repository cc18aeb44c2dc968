import base64

import pytest

from lightlab.report import write
from lightlab.report.comparison import compare
from lightlab.report.page import best_run_pictures, embedded
from lightlab.report.runs import read_runs

PNG = b"\x89PNG\r\n\x1a\n and more"


def test_a_picture_is_held_by_the_page_itself(tmp_path):
    (tmp_path / "a.png").write_bytes(PNG)
    ((name, data),) = embedded([tmp_path / "a.png"])
    assert name == "a" and base64.b64decode(data.removeprefix("data:image/png;base64,")) == PNG


@pytest.mark.parametrize(
    "contents", [b"", b"<svg onload='alert(1)'/>", PNG + bytes(3 * 2**20)], ids=["empty", "no PNG", "large"]
)
def test_what_is_no_small_png_is_left_out(tmp_path, contents):
    (tmp_path / "a.png").write_bytes(contents)
    assert embedded([tmp_path / "a.png", tmp_path / "none.png"]) == []


def test_the_best_run_shows_its_mistakes_and_links_to_all_its_pictures(sweep):
    for run in sweep.iterdir():
        (run / "figures").mkdir()
        for name in ("curves.png", "mistakes.png"):
            (run / "figures" / name).write_bytes(PNG)
    shown, links = best_run_pictures(compare(read_runs([sweep]))[0], sweep)
    assert [name for name, _ in shown] == ["adam: mistakes"]
    assert links == [("curves", "./5/figures/curves.png"), ("mistakes", "./5/figures/mistakes.png")]


def test_what_a_sweep_has_drawn_itself_is_on_its_page(sweep, tmp_path):
    (sweep / "figures").mkdir()
    (sweep / "figures" / "trajectories.png").write_bytes(PNG)
    assert "<figcaption>trajectories</figcaption>" in write([sweep], tmp_path / "to").read_text(encoding="utf-8")
