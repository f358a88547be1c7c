from typing import Any

import pytest

from plimsoll.venue.api.listen_keys import VALID_MS, ListenKeys
from plimsoll.venue.api.user_stream import UserFeed, UserStream
from plimsoll.venue.exchange import Exchange
from tests.unit.venue.api.signed import ORDER, buy, call, rest, stop
from tests.unit.venue.markets import exchange_at


class Followed:
    """An exchange whose account is followed."""

    def __init__(self) -> None:
        self.exchange: Exchange = exchange_at()
        self.keys = ListenKeys()
        self.woken = 0
        self.stream = UserStream(self.exchange, self.keys, self._wake)
        feed = self.stream.open(self.keys.opened(self.exchange.clock.now_ms()))
        assert feed is not None
        self.feed: UserFeed = feed

    def _wake(self) -> None:
        self.woken += 1

    def told(self) -> list[Any]:
        """Return what the stream has said since it was asked last."""
        return self.feed.advance(self.exchange.clock.now_ms())

    def kinds(self) -> list[tuple[str, str]]:
        """Return the kind of each message with what it says of an order or a reason."""
        return [(one["e"], _gist(one)) for one in self.told()]


def _gist(message: dict[str, Any]) -> str:
    order = message.get("o", {})
    return str(order.get("x") or order.get("X") or message.get("a", {}).get("m") or "")


@pytest.fixture
def followed() -> Followed:
    return Followed()


def test_a_market_order_is_new_then_trades_level_by_level(followed: Followed) -> None:
    placed = buy(followed.exchange)
    messages = followed.told()
    orders = [one["o"] for one in messages if one["e"] == "ORDER_TRADE_UPDATE"]
    assert (orders[0]["x"], orders[0]["X"], orders[0]["z"]) == ("NEW", "NEW", "0.000")
    trades = orders[1:]
    assert {one["x"] for one in trades} == {"TRADE"}
    assert sum(float(one["l"]) for one in trades) == pytest.approx(0.1)
    assert (trades[-1]["X"], trades[-1]["z"], trades[-1]["i"]) == (
        "FILLED",
        "0.100",
        placed["orderId"],
    )
    account = [one["a"] for one in messages if one["e"] == "ACCOUNT_UPDATE"][-1]
    assert (account["m"], account["P"][0]["pa"]) == ("ORDER", "0.100")
    wallet = followed.exchange.account.wallet_usd
    assert float(account["B"][0]["wb"]) == pytest.approx(wallet)
    assert followed.woken > 0
    assert followed.told() == []


def test_a_cancelled_order_and_a_changed_one_are_told(followed: Followed) -> None:
    number = rest(followed.exchange)["orderId"]
    changed = {"orderId": number, "side": "BUY", "quantity": 0.02, "price": 50_000}
    call(followed.exchange, "PUT", ORDER, **changed)
    call(followed.exchange, "DELETE", ORDER, orderId=number)
    assert followed.kinds() == [
        ("ORDER_TRADE_UPDATE", "NEW"),
        ("ORDER_TRADE_UPDATE", "AMENDMENT"),
        ("ORDER_TRADE_UPDATE", "CANCELED"),
    ]


def test_a_stop_is_told_from_its_placing_to_the_fill_without_a_request(followed: Followed) -> None:
    buy(followed.exchange)
    guard = stop(followed.exchange)
    followed.told()
    followed.exchange.start_scenario("move", magnitude=-0.05, duration_seconds=60)
    followed.exchange.clock.step(120)
    kinds = followed.kinds()
    assert kinds[:3] == [
        ("ALGO_UPDATE", "TRIGGERING"),
        ("ALGO_UPDATE", "TRIGGERED"),
        ("ORDER_TRADE_UPDATE", "NEW"),
    ]
    assert ("ORDER_TRADE_UPDATE", "TRADE") in kinds
    assert kinds[-1] == ("ALGO_UPDATE", "FINISHED")
    assert followed.exchange.matching.orders[guard["algoId"]].status == "FINISHED"


def test_danger_is_called_once_before_the_liquidation(followed: Followed) -> None:
    call(followed.exchange, "POST", "/fapi/v1/leverage", leverage=100)
    buy(followed.exchange)
    position = followed.exchange.account.position("BTCUSDT")
    followed.told()
    mark = followed.exchange.snapshot("BTCUSDT", followed.exchange.clock.now_ms()).mark
    share = (position.liquidation_price * 1.0006) / mark - 1.0
    followed.exchange.start_scenario("move", magnitude=share, duration_seconds=5)
    followed.exchange.clock.step(5)
    calls = [one for one in followed.told() if one["e"] == "MARGIN_CALL"]
    assert [one["p"][0]["s"] for one in calls] == ["BTCUSDT"]
    followed.exchange.clock.step(0.01)
    assert "MARGIN_CALL" not in [one["e"] for one in followed.told()]


def test_leverage_transfers_and_funding_are_told_and_a_theft_is_not(followed: Followed) -> None:
    call(followed.exchange, "POST", "/fapi/v1/leverage", leverage=7)
    followed.exchange.transfer(100.0)
    followed.exchange.transfer(-50.0, recorded=False)
    changed, paid = followed.told()
    assert changed["ac"] == {"s": "BTCUSDT", "l": 7}
    assert (paid["a"]["m"], paid["a"]["B"][0]["bc"]) == ("DEPOSIT", "100.00000000")
    buy(followed.exchange)
    followed.told()
    followed.exchange.clock.step(8 * 3600)
    assert ("ACCOUNT_UPDATE", "FUNDING_FEE") in followed.kinds()


def test_a_key_that_runs_out_is_told_once_and_its_stream_is_silent(followed: Followed) -> None:
    followed.exchange.clock.step(VALID_MS / 1000)
    (last,) = followed.told()
    assert last["e"] == "listenKeyExpired"
    buy(followed.exchange)
    assert followed.told() == []
    assert followed.stream.open(last["listenKey"]) is None
