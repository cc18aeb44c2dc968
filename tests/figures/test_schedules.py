from pathlib import Path

import pytest
import yaml

from lightlab.figures.schedules import SCHEDULES, rates_of

CONF = Path(__file__).parents[2] / "conf"


def test_every_choice_of_the_config_is_drawn():
    assert {path.stem for path in (CONF / "scheduler").glob("*.yaml")} == set(SCHEDULES)


def test_the_schedules_have_the_settings_of_the_config():
    for name, make in SCHEDULES.items():
        settings = yaml.safe_load((CONF / "scheduler" / f"{name}.yaml").read_text(encoding="utf-8"))
        options = {key: value for key, value in settings.items() if not key.startswith("_")} | {"mode": "min"}
        own = getattr(make, "keywords", {})
        assert own == {key: type(own[key])(options[key]) for key in own}
        assert set(own) | {"mode"} == set(options)


def test_schedules_over_the_run():
    rates, _ = rates_of(SCHEDULES["step"])
    assert [rates[step] for step in (0, 49, 50, 199)] == [1, 1, 0.5, 0.125]
    rates, by = rates_of(SCHEDULES["plateau"])
    assert by == "validation" and rates[0] == 1 and rates[-1] < 0.5
    rates, _ = rates_of(SCHEDULES["one_cycle"])
    assert max(rates) == pytest.approx(1) and rates[0] == pytest.approx(1 / 25)
