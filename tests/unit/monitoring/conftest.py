"""One exchange for the tests of a module, and an account on it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from plimsoll.monitoring.account import Account
from tests.support.watching import client, held, key_of
from tests.unit.monitoring.sights import BTC, ETH
from tests.unit.venue.serving import get, post, venue


@dataclass
class Exchange:
    """The simulated exchange, a person's client at it, and the watchdog's account."""

    profile: Path
    url: str
    person: Any

    @property
    def section(self) -> dict[str, Any]:
        return dict(json.loads(self.profile.read_text())["exchange"])

    def account(self) -> Account:
        return Account(self.section, key_of(self.profile), "USDT")

    def fault(self, kind: str, **options: Any) -> None:
        status, answer = post(f"{self.url}/plimsoll/faults", {"kind": kind, **options})
        assert status == 200, answer

    def mend(self) -> None:
        """End all faults, and leave nothing open."""
        import urllib.request

        request = urllib.request.Request(f"{self.url}/plimsoll/faults", data=b"{}", method="DELETE")
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30)
        assert get(f"{self.url}/plimsoll/health")[0] == 200

    def clean(self) -> None:
        self.mend()
        for pair in (BTC, ETH):
            for stop in self.person.fetch_open_orders(pair, params={"stop": True}):
                self.person.cancel_order(stop["id"], pair, {"stop": True})
            for order in self.person.fetch_open_orders(pair):
                self.person.cancel_order(order["id"], pair)
        for pair, amount in held(self.person).items():
            side = "sell" if amount > 0 else "buy"
            self.person.create_order(pair, "market", side, abs(amount), None, {"reduceOnly": True})

    def buy(self, pair: str = BTC, amount: float = 0.1, *, stop: bool = False) -> None:
        bought = self.person.create_order(pair, "market", "buy", amount)
        if stop:
            params = {"stopPrice": round(bought["average"] * 0.9, 1), "reduceOnly": True}
            self.person.create_order(pair, "market", "sell", amount, None, params)


@pytest.fixture(scope="package")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    profile = tmp_path_factory.mktemp("exchange") / "venue.json"
    with venue("--symbols", "BTCUSDT,ETHUSDT", "--write-config", profile) as line:
        yield Exchange(profile, line["url"], client(profile))


@pytest.fixture
def exchange(served: Exchange) -> Iterator[Exchange]:
    yield served
    served.clean()
