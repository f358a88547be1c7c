"""The controls of a venue whose clock is stepped, over one connection that stays open."""

import json
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from plimsoll.bridge.freqtrade.replay_instants import PathAhead
from plimsoll.core import PlimsollError

ANSWER_SECONDS = 60


class VenueSteps:
    """Ask a venue for its time and the path ahead, and move its clock."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._url = url
        self._connection = HTTPConnection(
            parts.hostname or "", parts.port or 80, timeout=ANSWER_SECONDS
        )

    def now_ms(self) -> int:
        """Return the venue's time; refuse a clock that moves by itself."""
        clock = self._ask("GET", "clock")
        if clock["mode"] != "stepped":
            raise PlimsollError(f"expected a stepped clock at {self._url}, found {clock['mode']}")
        return int(clock["now_ms"])

    def move(self, milliseconds: int) -> int:
        """Let so much time pass at the venue and return its new time."""
        return int(self._ask("POST", "clock/step", {"seconds": milliseconds / 1000})["now_ms"])

    def paths(self, pairs: list[str], start_ms: int, end_ms: int) -> dict[str, PathAhead]:
        """Return the price path of each pair between two instants."""
        asked = {"symbols": pairs, "start_ms": start_ms, "end_ms": end_ms}
        return {
            pair: PathAhead(
                [(int(at), float(price)) for at, price in ahead["points"]],
                float(ahead["tick"]),
                float(ahead["half_spread_fraction"]),
            )
            for pair, ahead in self._ask("POST", "path", asked).items()
        }

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        try:
            self._connection.request(
                method,
                f"/plimsoll/{path}",
                body=None if body is None else json.dumps(body),
                headers={"Content-Type": "application/json"},
            )
            answer = self._connection.getresponse()
            said = json.load(answer)
        except (OSError, HTTPException, ValueError) as error:
            raise PlimsollError(f"the venue at {self._url} does not answer: {error}") from error
        if answer.status != 200:
            raise PlimsollError(f"the venue refused {path}: {said.get('error', said)}")
        return dict(said)
