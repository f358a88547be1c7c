"""The venue's answers, held against ccxt's own expectations and Binance's published examples.

ccxt's expectations of what its methods return come with its package; its recorded requests and
responses do not. The fields of Binance's examples are in ``binance_fields.json``, each with the
page that shows them.
"""

import importlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ccxt
import pytest

from tests.support.venue_keys import CCXT_KEYS, in_venue_time, signed
from tests.unit.venue.serving import get, post, venue

BTC = "BTC/USDT:USDT"
NOT_OF_BINANCE = ("account", "referenceAccount", "before", "after", "fee", "status")
"""What ccxt leaves out of any entry of Binance's ledger."""
FIELDS: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "binance_fields.json").read_text(encoding="utf-8")
)


@dataclass(frozen=True)
class Served:
    """A venue whose account has a position, a stop, a bid, a transfer and paid funding."""

    api: Any
    url: str
    untouched: Any

    def now(self) -> int:
        return int(self.api.fetch_time())


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    path = tmp_path_factory.mktemp("answers") / "venue.json"
    start = ("--start", "2025-01-01T07:58:30Z", "--clock", "stepped")
    with venue("--symbols", "BTCUSDT,ETHUSDT", *start, "--write-config", path) as line:
        config = json.loads(path.read_text())["exchange"]["ccxt_config"] | CCXT_KEYS
        config["options"]["defaultType"] = "swap"
        api = in_venue_time(ccxt.binance(config), line["url"])
        api.load_markets()
        untouched = api.fetch_balance()
        api.set_leverage(5, BTC)
        bought = api.create_order(BTC, "market", "buy", 0.1)
        far = round(bought["average"] * 0.9, 1)
        api.create_order(BTC, "limit", "buy", 0.01, far)
        api.create_order(BTC, "market", "sell", 0.1, None, {"stopLossPrice": far})
        post(f"{line['url']}/plimsoll/transfer", {"amount_usd": 100.0})
        post(f"{line['url']}/plimsoll/clock/step", {"seconds": 300})
        yield Served(api, line["url"], untouched)


def expect(name: str, served: Served, *arguments: object, but: tuple[str, ...] = ()) -> None:
    """Hold a value of ccxt's against what ccxt's own tests expect of it, `but` for some fields."""
    module = importlib.import_module(f"ccxt.test.exchange.base.test_{name}")
    getattr(module, f"test_{name}")(served.api, dict.fromkeys(but, True), name, *arguments)


def test_orders_are_what_ccxt_expects(served: Served) -> None:
    orders = [*served.api.fetch_orders(BTC), *served.api.fetch_open_orders(BTC)]
    stops = served.api.fetch_open_orders(BTC, params={"trigger": True})
    assert (len(orders), len(stops)) == (3, 1)
    for order in (*orders, *stops):
        expect("order", served, order, BTC, served.now())


def test_trades_are_what_ccxt_expects(served: Served) -> None:
    own, public = served.api.fetch_my_trades(BTC), served.api.fetch_trades(BTC)
    assert own
    assert public
    for trade in own:
        expect("trade", served, trade, BTC, served.now(), False)
    for trade in public[:5]:
        expect("trade", served, trade, BTC, served.now(), True)


def test_positions_and_balance_are_what_ccxt_expects(served: Served) -> None:
    (position,) = served.api.fetch_positions([BTC])
    expect("position", served, position, BTC, served.now())
    # With a position, ccxt takes the margin balance for the total of Binance's free and used.
    expect("balance", served, served.untouched)


def test_the_ledger_is_what_ccxt_expects(served: Served) -> None:
    entries = served.api.fetch_ledger("USDT")
    assert {entry["type"] for entry in entries} >= {"transfer", "fee"}
    # ccxt calls Binance's commission "commission", a type that it does not expect itself.
    for entry in (one for one in entries if one["type"] != "commission"):
        expect("ledger_entry", served, entry, "USDT", served.now(), but=NOT_OF_BINANCE)


def test_markets_and_tiers_are_what_ccxt_expects(served: Served) -> None:
    for market in served.api.markets.values():
        expect("market", served, market)
    for tier in served.api.fetch_leverage_tiers([BTC])[BTC]:
        expect("leverage_tier", served, tier)
    expect("trading_fee", served, BTC, served.api.fetch_trading_fee(BTC))


def test_prices_are_what_ccxt_expects(served: Served) -> None:
    expect("ticker", served, served.api.fetch_ticker(BTC), BTC)
    expect("order_book", served, served.api.fetch_order_book(BTC, 20), BTC)
    for candle in served.api.fetch_ohlcv(BTC, "5m", limit=5):
        expect("ohlcv", served, candle, BTC, served.now())
    for entry in served.api.fetch_funding_rate_history(BTC, limit=3):
        expect("funding_rate_history", served, entry, BTC)
    expect("open_interest", served, served.api.fetch_open_interest(BTC))


def test_orders_are_edited_cancelled_and_sent_in_batches_as_ccxt_does(served: Served) -> None:
    api, price = served.api, round(served.api.fetch_ticker(BTC)["last"] * 0.8, 1)
    (first, second) = api.create_orders(
        [
            {"symbol": BTC, "type": "limit", "side": "buy", "amount": 0.01, "price": price}
            for _ in range(2)
        ]
    )
    edited = api.edit_order(first["id"], BTC, "limit", "buy", 0.02, price)
    assert (edited["id"], edited["amount"]) == (first["id"], 0.02)
    expect("order", served, edited, BTC, served.now())
    ended = api.cancel_orders([first["id"], second["id"]], BTC)
    assert [order["status"] for order in ended] == ["canceled", "canceled"]
    api.add_margin(BTC, 10)
    api.reduce_margin(BTC, 5)


def _fields(answer: Any, path: str) -> Any:
    """Return what a dotted path names in an answer, the first of every list."""
    for name in [None, *path.split(".")] if path else [None]:
        if isinstance(answer, list):
            answer = answer[0]
        if name is not None:
            answer = answer[name]
    return answer[0] if isinstance(answer, list) else answer


KINDS: dict[str, tuple[type, ...]] = {"text": (str,), "whole": (int,), "bool": (bool,)}
KINDS |= {"list": (list,), "number": (int, float), "object": (dict,)}


@pytest.mark.parametrize("name", FIELDS)
def test_an_answer_has_the_fields_of_binances_example(served: Served, name: str) -> None:
    asked = FIELDS[name]
    path, parameters = asked["path"], asked.get("parameters", {})
    if asked["signed"]:
        answer = signed(served.url, path, **parameters)
    else:
        query = "&".join(f"{key}={value}" for key, value in parameters.items())
        status, answer = get(f"{served.url}{path}?{query}")
        assert status == 200
    shown = _fields(answer, asked.get("inside", ""))
    missing = asked["fields"].keys() - shown.keys()
    assert not missing, f"{path} lacks {', '.join(sorted(missing))}; see {asked['source']}"
    for field, kind in asked["fields"].items():
        assert isinstance(shown[field], KINDS[kind]), f"{path}: {field} is {shown[field]!r}"
