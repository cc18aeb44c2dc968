import json
import os
import shutil
import socket
import subprocess
import threading
import time
from http.server import ThreadingHTTPServer

import pytest

from lightlab.data.synthetic.verse import couplets

POEMS = json.dumps([{"paragraphs": [poem]} for poem in couplets(400, seed=1)])


@pytest.fixture
def written(tmp_path):
    """Writes a text file and names it: ``written("a,y\\n1,2\\n")``."""

    def write(content, name="new.csv"):
        (tmp_path / name).write_text(content, encoding="utf-8")
        return str(tmp_path / name)

    return write


@pytest.fixture(scope="session")
def serve():
    """Starts a server on this computer that answers by the handler it is given; all end with the tests."""
    running = []

    def start(handler):
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        running.append((server, thread))
        return server

    yield start
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def no_proxy(monkeypatch):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)


def git(folder, *arguments):
    who = {f"GIT_{role}_{part}": "x" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    done = subprocess.run(
        ["git", "-C", folder, *arguments], check=True, capture_output=True, text=True, env=os.environ | who
    )
    return done.stdout.strip()


@pytest.fixture(scope="session")
def repository(tmp_path_factory):
    """A repository of verse that git serves on this computer, and its first commit; a later one holds other verse."""
    if not shutil.which("git") or subprocess.run(["git", "daemon", "-h"], capture_output=True).returncode == 1:
        pytest.skip("git daemon is not installed")
    root = tmp_path_factory.mktemp("served")
    folder = root / "poetry"
    (folder / "全唐诗").mkdir(parents=True)
    git(root, "init", "-q", "poetry")
    for name, text in {"poet.tang.0.json": POEMS, "poet.tang.1000.json": POEMS, "authors.json": "[]"}.items():
        (folder / "全唐诗" / name).write_text(text, encoding="utf-8")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "verse")
    first = git(folder, "rev-parse", "HEAD")
    (folder / "全唐诗" / "poet.tang.0.json").write_text("[]", encoding="utf-8")
    git(folder, "commit", "-qam", "other verse")
    for name in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        git(folder, "config", name, "true")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["git", "daemon", "--export-all", f"--base-path={root}", "--listen=127.0.0.1", f"--port={port}"]
    daemon = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    for _ in range(100):
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                break
        time.sleep(0.05)
    yield f"git://127.0.0.1:{port}/poetry", first
    daemon.terminate()
    daemon.wait()
