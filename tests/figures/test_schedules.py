import shutil
from pathlib import Path

import pytest

from lightlab.config.instantiation import part
from lightlab.figures.options import FigureOptions
from lightlab.figures.schedules import draw_schedules, rates_of
from lightlab.figures.settings import settings_by_name

CONF = Path(__file__).parents[2] / "conf"


def rates(name):
    return rates_of(part({"scheduler": settings_by_name("scheduler")[name]}, "scheduler"))


def test_schedules_over_the_run():
    values, _ = rates("step")
    assert [values[step] for step in (0, 49, 50, 199)] == [1, 1, 0.5, 0.125]
    values, by = rates("plateau")
    assert by == "validation" and values[0] == 1 and values[-1] < 0.5
    values, _ = rates("one_cycle")
    assert max(values) == pytest.approx(1) and values[0] == pytest.approx(1 / 25)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """The folder of an installed package, with a config of its own."""
    shutil.copytree(CONF / "scheduler", tmp_path / "lightlab" / "conf" / "scheduler")
    monkeypatch.setattr("lightlab.figures.settings.conf_dir", lambda: tmp_path / "lightlab" / "conf")
    return tmp_path / "lightlab"


def test_a_schedule_of_the_config_is_drawn_by_its_file_alone(package):
    content = (CONF / "scheduler" / "exponential.yaml").read_text(encoding="utf-8")
    (package / "conf" / "scheduler" / "fast.yaml").write_text(content.replace("0.95", "0.5"), encoding="utf-8")
    titles = [axes.get_title() for axes in draw_schedules(FigureOptions(), str)["schedules"].axes]
    assert len(titles) == len(list((CONF / "scheduler").glob("*.yaml"))) + 1
    assert "fast\ngamma 0.5" in titles and "step\nstep_size 5, gamma 0.5" in titles
