import pytest

from lightlab.data.sources import NotFound, fetch_missing, find_file, real_or_synthetic
from lightlab.errors import DataError


def test_real_data_goes_first_and_synthetic_data_is_noted_once(capsys):
    def lost():
        raise NotFound("poems are not there")

    assert real_or_synthetic("auto", "poems", lambda: 3) == 3
    assert real_or_synthetic("auto", "poems", lost) is None
    assert real_or_synthetic("embedded", "poems", lambda: 3) is None
    noted = "! Training on synthetic data in place of poems; the results will say data: embedded"
    assert capsys.readouterr().err.splitlines() == ["! poems are not there", noted]
    with pytest.raises(NotFound):
        real_or_synthetic("files", "poems", lost)


def test_a_damaged_file_is_never_replaced():
    def damaged():
        raise DataError("cut short")

    with pytest.raises(DataError, match="cut short"):
        real_or_synthetic("auto", "poems", damaged)


def test_what_a_folder_lacks_is_downloaded_or_named(tmp_path):
    folder = tmp_path / "poems"

    def offline():
        raise NotFound("no connection")

    assert fetch_missing("auto", folder, "a.txt", lambda: 3) == 3
    lacks = "does not hold poems: it should have a.txt; "
    with pytest.raises(NotFound, match=f"{lacks}no connection"):
        fetch_missing("auto", folder, "a.txt", offline)
    with pytest.raises(NotFound, match=f"{lacks}set data_dir= .*, or data.source=auto to download"):
        fetch_missing("files", folder, "a.txt", offline)
    with pytest.raises(NotFound, match=f"{lacks}set data_dir= to the folder above poems$"):
        fetch_missing("auto", folder, "a.txt", None)


def test_find_file_takes_the_first_name_and_either_packing(tmp_path):
    assert find_file(tmp_path, ["a", "b.gz"]) is None
    (tmp_path / "b").touch()
    assert find_file(tmp_path, ["a", "b.gz"]) == tmp_path / "b"
    (tmp_path / "a.gz").touch()
    assert find_file(tmp_path, ["a", "b.gz"]) == tmp_path / "a.gz"
    (tmp_path / "a").touch()
    assert find_file(tmp_path, ["a", "b.gz"]) == tmp_path / "a"
    assert find_file(tmp_path / "nowhere", ["a"]) is None


def test_files_of_a_data_set_are_in_its_folder(tmp_path):
    (tmp_path / "victim").touch()
    (tmp_path / "poems").mkdir()
    with pytest.raises(DataError, match=r"'\.\./victim': leads out of the folder .*poems; expected a name inside it"):
        find_file(tmp_path / "poems", ["../victim"])
    assert find_file(tmp_path, ["a" * 300]) is None
