"""Start the venue as users do, through the command, and end it by its process id."""

import contextlib
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

COMMAND = [sys.executable, "-c", "import plimsoll.cli; plimsoll.cli.main()", "venue"]
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def environment() -> dict[str, str]:
    """Return the environment without the marks that make freqtrade skip its log set-up."""
    hidden = ("PYTEST_VERSION", "PYTEST_CURRENT_TEST")
    return {name: value for name, value in os.environ.items() if name not in hidden}


@contextlib.contextmanager
def venue(*arguments: str | Path) -> Iterator[dict[str, Any]]:
    """Yield the line that a served venue prints; end it afterwards and check that it ends well."""
    process = subprocess.Popen(
        [*COMMAND, "serve", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.stderr.read() if process.stderr else ""
        yield json.loads(line)
        process.terminate()
        _, stderr = process.communicate(timeout=60)
        assert process.returncode == 0, stderr
        assert "Traceback" not in stderr
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def get(url: str) -> tuple[int, Any]:
    """Return status and JSON of a GET."""
    return _send(urllib.request.Request(url))


def post(url: str, body: object) -> tuple[int, Any]:
    """Return status and JSON of a POST."""
    return _send(urllib.request.Request(url, data=json.dumps(body).encode(), method="POST"))


def _send(request: urllib.request.Request) -> tuple[int, Any]:
    try:
        with _OPENER.open(request, timeout=60) as response:
            return response.status, json.loads(response.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def bot_config(profile: Path, folder: Path) -> Path:
    """Return a whole freqtrade config: a base, the venue's profile, without our log handlers."""
    config = json.loads(profile.read_text())
    for handler in ("plimsoll", "plimsoll_clock"):
        config["log_config"]["handlers"].pop(handler, None)
    config |= {
        "max_open_trades": 4,
        "stake_amount": 100,
        "timeframe": "5m",
        "dry_run_wallet": 1000,
        "initial_state": "running",
        "pairlists": [{"method": "StaticPairList"}],
        "internals": {"process_throttle_secs": 1},
    }
    whole = folder / "bot.json"
    whole.write_text(json.dumps(config))
    return whole
