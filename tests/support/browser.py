"""A real Chromium, driven over its own debugging protocol: no package beyond aiohttp is needed."""

import asyncio
import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
SECONDS = 60.0


def browser_path() -> str | None:
    """Return the browser of this machine: PLIMSOLL_BROWSER, or the first of `NAMES` on the path."""
    named = os.environ.get("PLIMSOLL_BROWSER")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


class Page:
    """One open page at one width and colour scheme."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket, self._number = socket, 0
        self.seen: list[dict[str, Any]] = []
        """Events of the protocol: requests, console lines."""

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Send one command and return its result."""
        self._number += 1
        await self._socket.send_json({"id": self._number, "method": method, "params": params})
        while True:
            told = json.loads((await self._socket.receive(timeout=SECONDS)).data)
            if told.get("id") == self._number:
                assert "error" not in told, told
                return told["result"]
            self.seen.append(told)

    async def show(self, url: str, width: int, scheme: str, height: int = 900) -> None:
        """Open an address at a width in CSS pixels, in a light or dark scheme."""
        for domain in ("Page", "Network", "Runtime"):
            await self.call(f"{domain}.enable")
        mobile = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        await self.call("Emulation.setDeviceMetricsOverride", **mobile)
        feature = {"name": "prefers-color-scheme", "value": scheme}
        await self.call("Emulation.setEmulatedMedia", features=[feature])
        self.seen.clear()
        await self.call("Page.navigate", url=url)
        for _ in range(200):
            if await self.ask("document.readyState") == "complete":
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{url} did not load")

    async def ask(self, expression: str) -> Any:
        """Return the value of an expression in the page."""
        told = await self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    async def picture(self, most_height: int = 16_000) -> bytes:
        """Return the whole page as a PNG."""
        size = (await self.call("Page.getLayoutMetrics"))["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "scale": 1}
        clip["height"] = min(size["height"], most_height)
        told = await self.call("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        return base64.b64decode(told["data"])


@contextmanager
def started() -> Iterator[int]:
    """Start a browser without a window and yield its port; it ends with the block."""
    browser = browser_path()
    assert browser is not None, f"expected one of {', '.join(NAMES)} on the path"
    with tempfile.TemporaryDirectory(prefix="plimsoll-browser-", ignore_cleanup_errors=True) as to:
        words = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        words += ["--remote-debugging-port=0", f"--user-data-dir={to}", "--no-first-run"]
        words += ["--disable-background-networking", "--disable-dev-shm-usage"]
        nowhere = subprocess.DEVNULL
        process = subprocess.Popen([browser, *words, "about:blank"], stdout=nowhere, stderr=nowhere)
        try:
            yield _port(Path(to) / "DevToolsActivePort")
        finally:
            process.terminate()
            process.wait(timeout=20)


@asynccontextmanager
async def opened(port: int) -> AsyncIterator[Page]:
    """Yield the page of a started browser."""
    async with aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
            pages = await answer.json(content_type=None)
        address = next(page["webSocketDebuggerUrl"] for page in pages if page["type"] == "page")
        async with session.ws_connect(address, max_msg_size=0) as socket:
            yield Page(socket)


def _port(file: Path) -> int:
    for _ in range(int(SECONDS / 0.1)):
        if file.is_file() and (lines := file.read_text().splitlines()):
            return int(lines[0])
        time.sleep(0.1)
    raise AssertionError("the browser did not open its port")
