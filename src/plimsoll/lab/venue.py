"""A simulated venue as a child process, and its controls."""

import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plimsoll.core import PlimsollError
from plimsoll.lab.processes import command, first_json_line, running

ANSWER_SECONDS = 60
"""It makes candles between two answers, and the machine may be busy."""
CONFIG, LOG = "venue-sim.json", "venue.log"


@dataclass(frozen=True, slots=True)
class Venue:
    """A venue that listens on loopback."""

    url: str
    config: Path
    symbols: tuple[str, ...]
    pid: int

    def now_ms(self) -> int:
        """Return the venue's time."""
        return int(self._call("clock")["now_ms"])

    def speed(self) -> float:
        """Return how fast its clock runs now."""
        return float(self._call("clock")["speed"])

    def set_speed(self, speed: float) -> None:
        """Let the venue's clock run ``speed`` times as fast as real time."""
        self._call("clock/speed", {"speed": speed})

    def start_scenario(self, name: str, **options: object) -> None:
        """Start a scenario at the venue's now, for all symbols unless ``symbols`` says which."""
        self._call("scenario", {"name": name, **options})

    def prices(self) -> dict[str, float]:
        """Return the last price of each contract now, by the exchange's own name."""
        rows = self._ask("fapi/v1/ticker/price")
        return {row["symbol"]: float(row["price"]) for row in rows}

    def books(self) -> dict[str, Any]:
        """Return the exchange's own books: wallet, positions, orders, fills and income."""
        return self._call("books")

    def _call(self, path: str, body: dict[str, object] | None = None) -> dict[str, Any]:
        return dict(self._ask(f"plimsoll/{path}", body))

    def _ask(self, path: str, body: dict[str, object] | None = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - the address is the venue's own
            f"{self.url}/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        # No proxy of the environment: the venue is on loopback.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=ANSWER_SECONDS) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            said = error.read().decode(errors="replace")
            what = path.removeprefix("plimsoll/")
            raise PlimsollError(f"the venue refused {what}: {said}") from error
        except OSError as error:
            raise PlimsollError(f"the venue at {self.url} does not answer: {error}") from error


@contextmanager
def serve_venue(arguments: Sequence[str], *, folder: Path) -> Iterator[Venue]:
    """Run ``plimsoll venue serve`` for the length of the block; its profile goes to ``folder``."""
    log = folder / LOG
    with running(serving(arguments, folder), log=log, stdout=subprocess.PIPE) as child:
        yield listening(child, folder)


def serving(arguments: Sequence[str], folder: Path) -> list[str]:
    """Return the command that serves a venue whose profile goes to ``folder``."""
    config = str(folder / CONFIG)
    return [command("plimsoll"), "venue", "serve", *arguments, "--write-config", config]


def listening(child: subprocess.Popen[str], folder: Path) -> Venue:
    """Return the venue of a process that has been started, as soon as it listens."""
    told = first_json_line(child, log=folder / LOG)
    return Venue(told["url"], folder / CONFIG, tuple(told["symbols"]), child.pid)
