"""The exchange of a drill, asked and steered as anybody but the bot would."""

import hashlib
import hmac
import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx

from plimsoll.core import PlimsollError
from plimsoll.lab.venue import Venue, serve_venue
from plimsoll.venue.clock import FOLLOW_SECONDS

ANSWER_SECONDS = 60.0
WINDOW_MS = 60_000
ANY_KEY = ("any", "any")
RESTART_SECONDS = 2.5
"""Real seconds that an exchange takes to start again, at the least."""
SLOWER_START = 2.0
"""How many times as long as its first start another one may take on a busy machine."""
OUTAGE_SECONDS = 100.0
"""The exchange's seconds that it is away at the most: after 300 a guard halts what a row is not
about."""
PLAIN = ("MARKET", "LIMIT")
FAULTS, TRANSFER = "/plimsoll/faults", "/plimsoll/transfer"


class Exchange:
    """One venue: its signed API with the account's own keys, its faults and transfers."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.started_in_seconds = 0.0
        self.again: Callable[[datetime], Venue] | None = None
        self.key, self.secret = keys_of(venue.config)
        self._client = httpx.Client(base_url=venue.url, trust_env=False, timeout=ANSWER_SECONDS)

    def close(self) -> None:
        """End its connections."""
        self._client.close()

    def now(self) -> datetime:
        """Return the exchange's time."""
        return datetime.fromtimestamp(self.venue.now_ms() / 1000, UTC)

    def get(self, path: str, **parameters: str) -> Any:
        """Return the answer to a signed question."""
        return self.signed("GET", path, **parameters)

    def signed(self, method: str, path: str, **parameters: str) -> Any:
        """Return the answer to a signed request.

        Raises
        ------
        httpx.HTTPStatusError
            When it is refused.
        """
        window = {"timestamp": str(self.venue.now_ms()), "recvWindow": str(WINDOW_MS)}
        query = urlencode({**parameters, **window})
        signature = hmac.new(self.secret.encode(), query.encode(), hashlib.sha256).hexdigest()
        url = f"{path}?{query}&signature={signature}"
        answer = self._client.request(method, url, headers={"X-MBX-APIKEY": self.key})
        return answer.raise_for_status().json()

    def order(self, symbol: str, side: str, quantity: str, *, reduce_only: bool = False) -> None:
        """Place a market order as somebody at the exchange's own page would."""
        extra = {"reduceOnly": "true"} if reduce_only else {}
        wanted = {"symbol": symbol, "side": side, "type": "MARKET", "quantity": quantity}
        self.signed("POST", "/fapi/v1/order", **wanted, **extra)

    def clean(self) -> None:
        """Cancel every order and close every position from outside of any bot."""
        for row in self.get("/fapi/v1/openOrders"):
            self.signed("DELETE", "/fapi/v1/allOpenOrders", symbol=row["symbol"])
        for row in self.get("/fapi/v1/openAlgoOrders"):
            number = str(row["algoId"])
            self.signed("DELETE", "/fapi/v1/algoOrder", symbol=row["symbol"], algoId=number)
        for row in self.get("/fapi/v2/positionRisk"):
            if float(row["positionAmt"]):
                side = "SELL" if float(row["positionAmt"]) > 0 else "BUY"
                self.order(row["symbol"], side, row["positionAmt"].lstrip("-"), reduce_only=True)

    def orders(self, symbol: str) -> list[dict[str, Any]]:
        """Return every order of a contract by its own books, conditional ones not included."""
        books = self.venue.books()
        every = sorted([*books["open_orders"], *books["closed_orders"]], key=lambda one: one["id"])
        return [one for one in every if one["symbol"] == symbol and one["kind"] in PLAIN]

    def stops_cancelled(self) -> int:
        """Return how many conditional orders were cancelled so far."""
        closed = self.venue.books()["closed_orders"]
        return sum(one["kind"] not in PLAIN and one["status"] == "CANCELED" for one in closed)

    def fills(self, symbol: str) -> list[dict[str, Any]]:
        """Return every fill of a contract by its own books."""
        return [one for one in self.venue.books()["fills"] if one["symbol"] == symbol]

    def restart(self, *, ahead_seconds: float = 0.0) -> None:
        """Kill its process and start it again on its event log, its clock so much further.

        The clock has gone on meanwhile, rather too far than not far enough: a bot's goes on too,
        and one that were ahead of the exchange's would have its requests refused (-1021). Its
        faults are over, its scenarios are not.
        """
        if self.again is None:
            raise PlimsollError("expected an exchange that keeps an event log, found one without")
        speed = self.venue.speed()
        down = max(RESTART_SECONDS, SLOWER_START * self.started_in_seconds)
        if down * speed > OUTAGE_SECONDS:
            self.venue.set_speed(OUTAGE_SECONDS / down)
            time.sleep(FOLLOW_SECONDS)
        ahead = timedelta(seconds=ahead_seconds + min(down * speed, OUTAGE_SECONDS))
        self.venue = self.again(self.now() + ahead)
        self.venue.set_speed(speed)

    # What goes wrong

    def fault(self, kind: str, **options: object) -> int:
        """Start a fault of ``plimsoll venue faults``; return its number."""
        return int(self._control("POST", FAULTS, {"kind": kind, **options})["id"])

    def mend(self) -> None:
        """End every fault."""
        self._control("DELETE", FAULTS, {})

    def hits(self, number: int) -> int:
        """Return how often a fault has hit."""
        return int(self._control("GET", FAULTS)["started"][number - 1]["hits"])

    def transfer(self, amount_usd: float) -> None:
        """Move money into the account, or out of it."""
        self._control("POST", TRANSFER, {"amount_usd": amount_usd})

    def _control(self, method: str, path: str, body: dict[str, object] | None = None) -> Any:
        content = None if body is None else json.dumps(body)
        answer = self._client.request(method, path, content=content)
        return answer.raise_for_status().json()


@contextmanager
def drilled_exchange(arguments: Sequence[str], *, folder: Path) -> Iterator[Exchange]:
    """Serve a venue that can be killed and started again on its event log."""
    events = folder / "events.jsonl"
    logged = [*arguments, "--event-log", str(events)]
    with ExitStack() as stack:
        began = time.monotonic()
        exchange = Exchange(stack.enter_context(serve_venue(logged, folder=folder)))
        exchange.started_in_seconds = time.monotonic() - began
        stack.callback(exchange.close)

        def again(begins_at: datetime) -> Venue:
            port = urlsplit(exchange.venue.url).port
            os.kill(exchange.venue.pid, signal.SIGKILL)
            place = [
                "--port",
                str(port),
                "--restore",
                str(events),
                "--start",
                begins_at.isoformat(),
            ]
            return stack.enter_context(serve_venue([*logged, *place], folder=folder))

        exchange.again = again
        yield exchange


def keys_of(config: Path) -> tuple[str, str]:
    """Return the key pair that the exchange wrote into its own config profile."""
    section = json.loads(config.read_text(encoding="utf-8")).get("exchange", {})
    key, secret = str(section.get("key") or ""), str(section.get("secret") or "")
    return (key, secret) if key and secret else ANY_KEY
