import hashlib
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from lightlab.data.download import RemoteFile, download, download_folder, read_registry
from lightlab.data.text import corpus
from lightlab.errors import DataError

BODY = bytes(range(256)) * 1000
FILE = RemoteFile("images.gz", len(BODY), hashlib.sha256(BODY).hexdigest())


class Handler(BaseHTTPRequestHandler):
    """The first part of the path says how the server behaves."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.asked.append(self.path)
        getattr(self, self.path.split("/")[1])()

    def send(self, body, length=None, status=200, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)

    def good(self):
        self.send(BODY, len(BODY))

    def unannounced(self):
        self.send(BODY)

    def other(self):
        self.send(BODY[::-1], len(BODY))

    def long(self):
        self.send(BODY + b"x", len(BODY) + 1)

    def missing(self):
        self.send_error(404)

    def half(self):
        self.send(BODY[: len(BODY) // 2], len(BODY))

    def half_unannounced(self):
        self.send(BODY[: len(BODY) // 2])

    def endless(self):
        self.send(BODY)
        try:
            while True:
                self.wfile.write(BODY)
        except OSError:
            self.server.hung_up.set()

    def moved(self):
        self.send(b"", 0, 302, Location="/good/" + FILE.name)

    def abroad(self):
        self.send(b"", 0, 302, Location="http://example.invalid/" + FILE.name)

    def ftp(self):
        self.send(b"", 0, 302, Location="ftp://127.0.0.1/" + FILE.name)

    def local(self):
        self.send(b"", 0, 302, Location="file:///etc/hostname")


@pytest.fixture(scope="module")
def running(serve):
    return serve(Handler)


@pytest.fixture
def server(running, no_proxy):
    running.asked, running.hung_up = [], threading.Event()
    running.url = lambda behaviour: f"http://127.0.0.1:{running.server_port}/{behaviour}/"
    return running


@pytest.mark.parametrize("behaviour", ["good", "unannounced", "moved"])
def test_a_good_file_gets_its_name(server, tmp_path, behaviour):
    path = download(FILE, [server.url(behaviour)], tmp_path / "new" / "folder")
    assert path == tmp_path / "new" / "folder" / FILE.name
    assert path.read_bytes() == BODY


def test_a_mirror_needs_no_slash_at_its_end(server, tmp_path):
    download(FILE, [server.url("good").rstrip("/")], tmp_path)
    assert server.asked == ["/good/images.gz"]


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("other", "sha256 is another"),
        ("long", "sends more than the expected 256,000 bytes"),
        ("endless", "sends more than the expected 256,000 bytes"),
        ("missing", "HTTP 404"),
        ("half", "IncompleteRead"),
        ("half_unannounced", "ended after 128,000 of 256,000 bytes"),
        ("abroad", "redirects to http://example.invalid/images.gz, which is not https"),
        ("ftp", "redirects to ftp://127.0.0.1/images.gz, which is not https"),
        ("local", "redirects to file:///etc/hostname, which is not https"),
    ],
)
def test_a_bad_answer_leaves_nothing_and_gives_the_reason_in_one_line(server, tmp_path, behaviour, reason):
    with pytest.raises(DataError, match=rf"images.gz .*127.0.0.1:\d+: .*{reason}") as caught:
        download(FILE, [server.url(behaviour)], tmp_path)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_an_endless_body_is_hung_up_on(server, tmp_path):
    with pytest.raises(DataError):
        download(FILE, [server.url("endless")], tmp_path)
    assert server.hung_up.wait(5)


def test_the_second_mirror_is_asked_when_the_first_fails(server, tmp_path):
    path = download(FILE, [server.url("missing"), server.url("half"), server.url("good")], tmp_path)
    assert path.read_bytes() == BODY
    assert [asked.split("/")[1] for asked in server.asked] == ["missing", "half", "good"]


def test_a_retry_after_a_failure_is_clean(server, tmp_path):
    with pytest.raises(DataError):
        download(FILE, [server.url("half")], tmp_path)
    assert download(FILE, [server.url("good")], tmp_path).read_bytes() == BODY


def test_a_right_file_is_not_fetched_again_and_a_wrong_one_is(server, tmp_path):
    path = tmp_path / FILE.name
    path.write_bytes(BODY)
    download(FILE, [server.url("good")], tmp_path)
    assert server.asked == []
    path.write_bytes(BODY[:9])
    assert download(FILE, [server.url("good")], tmp_path).read_bytes() == BODY


def test_a_failed_download_keeps_what_was_there(server, tmp_path):
    (tmp_path / FILE.name).write_bytes(b"older")
    with pytest.raises(DataError):
        download(FILE, [server.url("other")], tmp_path)
    assert (tmp_path / FILE.name).read_bytes() == b"older"


def test_an_interrupt_leaves_nothing(server, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("lightlab.data.download._CountedFile.flush", interrupt)
    with pytest.raises(KeyboardInterrupt):
        download(FILE, [server.url("good")], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_offline_fails_soon_and_names_each_mirror(server, tmp_path):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound and not listening: refuses
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
        start = time.monotonic()
        with pytest.raises(DataError, match=r"127.0.0.1:\d+: Connection refused; localhost:\d+: Connection refused"):
            download(FILE, [url, url.replace("127.0.0.1", "localhost")], tmp_path)
    assert time.monotonic() - start < 3


def test_a_name_that_never_resolves_is_given_up(server, tmp_path, monkeypatch):
    def slow(*_, **__):
        time.sleep(0.5)
        raise OSError

    monkeypatch.setattr("lightlab.data.download.CONNECT_SECONDS", 0.1)
    monkeypatch.setattr(socket, "create_connection", slow)
    with pytest.raises(DataError, match=r"example.invalid: no connection within 0.1 s"):
        download(FILE, ["https://example.invalid/"], tmp_path)


@pytest.mark.parametrize(
    "url", ["http://example.invalid/", "ftp://127.0.0.1/", "file:///etc/", "/etc/", "http://localhost.x/"]
)
def test_only_https_is_spoken(tmp_path, url):
    with pytest.raises(DataError, match="not https"):
        download(FILE, [url], tmp_path)


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/b", "a\\b", "..", ".", "", "C:x", "a\nb"])
def test_a_name_that_leaves_the_folder_is_refused(tmp_path, name):
    with pytest.raises(DataError, match="would leave the download folder"):
        download(RemoteFile(name, 1, "0" * 64), ["https://example.invalid/"], tmp_path)


def test_no_mirror_and_no_folder(tmp_path):
    with pytest.raises(DataError, match="no mirror is known"):
        download(FILE, [], tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="this folder cannot be made"):
        download(FILE, [], tmp_path / "file")


def test_a_folder_appears_with_all_its_files(poem_registry, tmp_path):
    mirrors, files = read_registry(poem_registry)
    download_folder(files, mirrors, tmp_path / "data" / "poems")
    assert sorted(path.name for path in (tmp_path / "data").rglob("*")) == [
        *("poems", "poet.tang.0.json", "poet.tang.1000.json")
    ]


def test_a_folder_that_lacks_a_file_does_not_appear(poem_registry, tmp_path):
    mirrors, files = read_registry(poem_registry)
    files.append(RemoteFile("poet.tang.2000.json", 1, "0" * 64))
    folder = tmp_path / "data" / "poems"
    with pytest.raises(DataError, match=r"poet.tang.2000.json could not .* HTTP 404.* put the file into .*data/poems$"):
        download_folder(files, mirrors, folder)
    assert list(folder.parent.iterdir()) == []


def test_the_registry_of_the_tang_poems_is_complete():
    mirrors, files = read_registry(Path(corpus.__file__).with_name("poems_registry.txt"))
    assert len(files) == 58 and mirrors and all(len(file.sha256) == 64 and file.size > 1000 for file in files)
    assert {file.name for file in files} == {f"poet.tang.{number}.json" for number in range(0, 58000, 1000)}


def test_two_files_of_one_name_are_refused(tmp_path):
    files = [RemoteFile("a.json", 1, "0"), RemoteFile("A.json", 1, "1")]
    with pytest.raises(DataError, match=r"a\.json: 2 files of this name are listed; keep one"):
        download_folder(files, [], tmp_path / "poems")
