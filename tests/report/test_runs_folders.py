import pytest

from lightlab.errors import DataError, UsageError
from lightlab.report.runs import read_runs


def names(runs):
    return [run.folder.name for run in runs]


def test_runs_are_found_at_any_depth_and_in_the_order_of_their_numbers(write_run, tmp_path):
    for name in ("10", "9", "deep/er/1"):
        write_run(tmp_path / "sweep" / name)
    assert names(read_runs([tmp_path / "sweep"])) == ["9", "10", "1"]


def test_a_folder_may_itself_be_a_run_and_is_read_once(write_run, tmp_path):
    run = write_run(tmp_path / "sweep" / "0")
    (run / "figures").mkdir()
    assert names(read_runs([run, tmp_path / "sweep", run / ".." / "0"])) == ["0"]


def test_every_fold_is_a_run_and_has_its_runs_overrides(write_run, tmp_path):
    run = write_run(tmp_path / "0", "optimizer=adam")
    for fold in ("fold-1-10", "fold-1-2"):
        write_run(run / fold)
    found = read_runs([run])
    assert [each.fold for each in found] == ["fold-1-2", "fold-1-10"]
    assert all(each.overrides == ["optimizer=adam"] for each in found)
    assert all(each.monitor == "accuracy/test" for each in found)


def test_a_cross_validation_that_failed_is_there_beside_its_folds(write_run, tmp_path):
    run = write_run(tmp_path / "0", state="failed", reason="the disk is full")
    write_run(run / "fold-1-1")
    assert [each.outcome for each in read_runs([run])] == ["done", "failed"]


def test_what_a_run_set_aside_is_no_run(write_run, tmp_path):
    write_run(tmp_path / "sweep" / "0")
    write_run(tmp_path / "sweep" / "1" / "earlier-1")
    assert names(read_runs([tmp_path / "sweep"])) == ["0"]


def test_links_are_not_followed(write_run, tmp_path):
    write_run(tmp_path / "sweep" / "0")
    (tmp_path / "sweep" / "again").symlink_to(tmp_path / "sweep")
    assert names(read_runs([tmp_path / "sweep"])) == ["0"]


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"no run lies here"):
        read_runs([tmp_path])


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UsageError, match="nowhere: no such folder"):
        read_runs([tmp_path / "nowhere"])
