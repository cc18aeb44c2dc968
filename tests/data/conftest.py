import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import pytest

from lightlab.data.synthetic.verse import couplets

POEMS = {
    f"poet.tang.{seed}.json": json.dumps([{"paragraphs": [poem]} for poem in couplets(400, seed=seed)]).encode()
    for seed in (0, 1000)
}


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


class PoemHandler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        body = POEMS.get(unquote(self.path).removeprefix("/全唐诗/"))
        self.send_response(404 if body is None else 200)
        self.end_headers()
        self.wfile.write(body or b"")


@pytest.fixture
def poem_registry(serve, no_proxy, tmp_path):
    """A registry of verse that a server on this computer has."""
    rows = (f"{name} {len(body)} {hashlib.sha256(body).hexdigest()}" for name, body in POEMS.items())
    mirror = f"http://127.0.0.1:{serve(PoemHandler).server_port}/全唐诗"
    (tmp_path / "registry.txt").write_text("\n".join(["# verse", mirror, *rows]), encoding="utf-8")
    return tmp_path / "registry.txt"
