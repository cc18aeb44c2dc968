"""A headless Chromium, spoken to over its own pipe: no driver is needed."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

# Chromium reads commands from file 3 and answers on file 4.
_START = "import os,sys; r,w=map(int,sys.argv[1:3]); os.dup2(r,3); os.dup2(w,4); os.execv(sys.argv[3],sys.argv[3:])"
_FLAGS = ("--headless=new", "--no-sandbox", "--no-first-run", "--disable-background-networking", "--mute-audio")
_FLAGS += ("--disable-component-update", "--disable-sync", "--disable-extensions", "--enable-unsafe-swiftshader")
_FLAGS += ("--window-size=1400,1000", "--remote-debugging-pipe")
# What a page shows, its shadow trees included.
_TEXT = """(() => {
  const seen = [];
  const walk = node => {
    if (node.nodeType === Node.TEXT_NODE) { seen.push(node.textContent.trim()); return; }
    if (['SCRIPT', 'STYLE', 'TEMPLATE'].includes(node.nodeName)) return;
    if (node.nodeName === 'IFRAME' && node.contentDocument) walk(node.contentDocument.documentElement);
    if (node.shadowRoot) node.shadowRoot.childNodes.forEach(walk);
    node.childNodes.forEach(walk);
  };
  walk(document.documentElement);
  return seen.filter(Boolean).join('\\n');
})()"""


class Browser:
    """Opens one page after another; ends with the `with` block."""

    def __init__(self, chromium: str, profile: Path) -> None:
        (read, self._write), (self._read, write) = os.pipe(), os.pipe()
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (read, write)]  # not 3 or 4 themselves
        command = [sys.executable, "-c", _START, *map(str, ends), chromium, *_FLAGS, f"--user-data-dir={profile}"]
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(command, pass_fds=ends, stdin=quiet, stdout=quiet, stderr=quiet)
        for end in (read, write, *ends):
            os.close(end)
        self._received, self._number, self._session, self._page = b"", 0, "", ""

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError, TimeoutError):
            self._ask("Browser.close")
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._read)
        os.close(self._write)

    def open(self, url: str) -> None:
        """A new page, in place of the last."""
        self._session, last = "", self._page
        self._page = self._ask("Target.createTarget", url=url)["targetId"]
        if last:
            self._ask("Target.closeTarget", targetId=last)
        self._session = self._ask("Target.attachToTarget", targetId=self._page, flatten=True)["sessionId"]
        self._ask("Page.bringToFront")  # what is hidden is not drawn

    def run(self, script: str) -> Any:
        """The value of a JavaScript expression in the page."""
        return self._ask("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def text(self) -> str:
        return self.run(_TEXT) or ""

    def wait_for(self, *texts: str, seconds: float = 30) -> str:
        """The page's text as soon as it has all of `texts`, or as it is when the time is over."""
        end = time.monotonic() + seconds
        while True:
            text = self.text()
            if all(each in text for each in texts) or time.monotonic() > end:
                return text
            time.sleep(0.3)

    def picture(self, path: Path) -> Path:
        """A screenshot as a PNG."""
        path.write_bytes(base64.b64decode(self._ask("Page.captureScreenshot")["data"]))
        return path

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        message |= {"sessionId": self._session} if self._session else {}
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next(30)
            if answer.get("id") == self._number:
                assert "error" not in answer, answer["error"]
                return answer["result"]

    def _next(self, seconds: float) -> dict[str, Any]:
        while b"\0" not in self._received:
            if not select.select([self._read], [], [], seconds)[0]:
                raise TimeoutError("the browser does not answer")
            part = os.read(self._read, 1 << 16)
            if not part:
                raise OSError("the browser has ended")
            self._received += part
        message, _, self._received = self._received.partition(b"\0")
        return json.loads(message)
