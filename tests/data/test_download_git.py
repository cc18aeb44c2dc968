import pytest

from lightlab.data.download import GitFiles, fetch_files
from lightlab.errors import DataError


def test_the_files_of_that_commit_arrive_and_no_others(repository, tmp_path):
    url, commit = repository
    found = fetch_files(GitFiles(url, commit, ["/全唐诗/poet.tang.*.json"]), tmp_path / "poems")
    assert [path.name for path in found] == ["poet.tang.0.json", "poet.tang.1000.json"]
    assert "paragraphs" in found[0].read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["poems"] and len(list((tmp_path / "poems").iterdir())) == 2


def test_a_commit_that_is_not_there_leaves_nothing(repository, tmp_path):
    url, _ = repository
    with pytest.raises(DataError, match=r"could not be downloaded \(.*not our ref.*\); connect to the network, or put"):
        fetch_files(GitFiles(url, "0123456789" * 4, ["/*.json"]), tmp_path / "poems")
    assert not list(tmp_path.iterdir())


def test_a_commit_without_such_files_leaves_nothing(repository, tmp_path):
    url, commit = repository
    with pytest.raises(DataError, match=rf"commit {commit[:12]} holds no /json/\*.json"):
        fetch_files(GitFiles(url, commit, ["/json/*.json"]), tmp_path / "poems")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("url", ["http://example.invalid/x", "git://example.invalid/x", "file:///etc", "ext::sh -c ls"])
def test_only_https_is_asked(tmp_path, url):
    with pytest.raises(DataError, match="not https"):
        fetch_files(GitFiles(url, "0" * 40, ["/*"]), tmp_path / "poems")


@pytest.mark.parametrize("commit", ["main", "--upload-pack=ls", "0" * 39])
def test_a_commit_is_named_by_its_whole_id(tmp_path, commit):
    with pytest.raises(DataError, match="no commit's full id"):
        fetch_files(GitFiles("https://example.invalid/x", commit, ["/*"]), tmp_path / "poems")


def test_without_git_or_network_one_line_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr("lightlab.data.download.check_reachable", lambda url: None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DataError, match="git is not installed"):
        fetch_files(GitFiles("https://example.invalid/x", "0" * 40, ["/*"]), tmp_path / "poems")
    assert not list(tmp_path.iterdir())
