import pytest

from plimsoll.venue.exchange import Exchange
from plimsoll.venue.keys import READ, KeyPair
from tests.unit.venue.bybit.asking import buy, call, code_of
from tests.unit.venue.markets import exchange_at

POSITIONS, WALLET = "/v5/position/list", "/v5/account/wallet-balance"
EXECUTIONS, LOG = "/v5/execution/list", "/v5/account/transaction-log"


@pytest.fixture
def exchange() -> Exchange:
    return exchange_at()


def coin(exchange: Exchange) -> dict[str, str]:
    [whole] = call(exchange, "GET", WALLET, accountType="UNIFIED")["list"]
    return dict(whole["coin"][0])


def test_the_wallet_is_without_open_profit_and_the_equity_with(exchange: Exchange) -> None:
    buy(exchange, 0.1)
    exchange.start_scenario("move", magnitude=-0.02, duration_seconds=60)
    exchange.clock.step(61)
    told = coin(exchange)
    wallet, equity = float(told["walletBalance"]), float(told["equity"])
    assert wallet == pytest.approx(exchange.account.wallet_usd)
    assert equity - wallet == pytest.approx(float(told["unrealisedPnl"]))
    assert float(told["unrealisedPnl"]) < 0
    position = exchange.account.position("BTCUSDT")
    assert float(told["totalPositionIM"]) == pytest.approx(position.wallet_usd)


def test_a_wallet_of_another_kind_is_refused(exchange: Exchange) -> None:
    assert code_of(exchange, "GET", WALLET, accountType="CONTRACT") == 10001


def test_positions_are_open_ones_or_the_one_that_is_named(exchange: Exchange) -> None:
    everywhere = {"symbol": None, "settleCoin": "USDT"}
    assert call(exchange, "GET", POSITIONS, **everywhere)["list"] == []
    [empty] = call(exchange, "GET", POSITIONS)["list"]
    assert (empty["side"], empty["size"], empty["liqPrice"]) == ("", "0.000", "")
    exchange.account.set_leverage("BTCUSDT", 2.5)
    buy(exchange, 0.1)
    [held] = call(exchange, "GET", POSITIONS, **everywhere)["list"]
    assert (held["side"], held["size"], held["leverage"]) == ("Buy", "0.100", "2.5")
    assert 0 < float(held["bustPrice"]) < float(held["liqPrice"]) < float(held["avgPrice"])


def test_a_fault_leaves_positions_out(exchange: Exchange) -> None:
    buy(exchange, 0.1)
    exchange.start_fault({"kind": "missing-positions"})
    assert call(exchange, "GET", POSITIONS, symbol=None, settleCoin="USDT")["list"] == []
    [row] = call(exchange, "GET", POSITIONS)["list"]
    assert row["size"] == "0.000"


def test_faults_show_other_modes(exchange: Exchange) -> None:
    buy(exchange, 0.1)
    assert call(exchange, "GET", "/v5/account/info")["marginMode"] == "ISOLATED_MARGIN"
    exchange.start_fault({"kind": "cross-margin"})
    exchange.start_fault({"kind": "hedge-mode"})
    assert call(exchange, "GET", "/v5/account/info")["marginMode"] == "REGULAR_MARGIN"
    assert call(exchange, "GET", POSITIONS)["list"][0]["positionIdx"] == 1


def test_executions_are_told_by_order_and_kind(exchange: Exchange) -> None:
    first = buy(exchange, 0.1)
    buy(exchange, 0.2)
    assert len(call(exchange, "GET", EXECUTIONS)["list"]) >= 2
    own = call(exchange, "GET", EXECUTIONS, orderId=first)["list"]
    assert {row["orderId"] for row in own} == {first}
    assert call(exchange, "GET", EXECUTIONS, orderId="nobody")["list"] == []
    exchange.clock.step(86_400)
    paid = call(exchange, "GET", EXECUTIONS, execType="Funding")["list"]
    assert len(paid) == 3


def test_bookings_add_up_to_the_wallet(exchange: Exchange) -> None:
    buy(exchange, 0.1)
    exchange.transfer(-500.0)
    rows = call(exchange, "GET", LOG, symbol=None)["list"]
    assert rows[0]["type"] == "TRANSFER_OUT"
    assert float(rows[0]["cashBalance"]) == pytest.approx(exchange.account.wallet_usd)
    assert float(rows[-1]["cashBalance"]) - float(rows[-1]["change"]) == pytest.approx(10_000)
    only = call(exchange, "GET", LOG, symbol=None, type="TRANSFER_OUT")["list"]
    assert [row["change"] for row in only] == ["-500.00000000"]
    exchange.clock.step(2 * 86_400)
    assert all(row["type"] == "SETTLEMENT" for row in call(exchange, "GET", LOG)["list"])


def test_a_key_tells_what_it_may(exchange: Exchange) -> None:
    told = call(exchange, "GET", "/v5/user/query-api")
    assert (told["readOnly"], told["uta"]) == (0, 1)
    reader = KeyPair("watch", "w", frozenset({READ}))
    assert call(exchange, "GET", "/v5/user/query-api", pair=reader)["readOnly"] == 1


def test_fees_and_coins_are_listed(exchange: Exchange) -> None:
    [fees] = call(exchange, "GET", "/v5/account/fee-rate")["list"]
    assert (fees["makerFeeRate"], fees["takerFeeRate"]) == ("0.000200", "0.000500")
    rows = call(exchange, "GET", "/v5/asset/coin/query-info")["rows"]
    assert [row["coin"] for row in rows] == ["USDT", "BTC", "ETH"]
