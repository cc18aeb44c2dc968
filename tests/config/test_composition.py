import shutil
from pathlib import Path

import pytest

from lightlab.config import composition
from lightlab.config.composition import conf_dir
from lightlab.errors import UsageError


@pytest.fixture
def package(tmp_path, monkeypatch):
    """The package of an installation, beside which there is no clone."""
    folder = tmp_path / "site-packages" / "lightlab"
    (folder / "config").mkdir(parents=True)
    monkeypatch.setattr(composition, "__file__", str(folder / "config" / "composition.py"))
    return folder


def test_the_config_is_that_of_the_clone_or_of_the_installed_package(package, conf):
    shutil.copytree(conf, package / "conf")
    assert conf_dir() == package / "conf"
    (package / "conf" / "train.yaml").rename(package / "conf" / "other.yaml")
    with pytest.raises(UsageError, match="conf: no such folder; the installation is incomplete"):
        conf_dir()


def test_the_config_of_a_clone_lies_beside_its_sources(conf):
    assert conf_dir() == Path(conf)
