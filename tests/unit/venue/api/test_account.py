from typing import Any

import pytest

from plimsoll.venue.account.ledger import TAKER_FEE
from plimsoll.venue.api.private import PRIVATE
from plimsoll.venue.errors import ApiError
from plimsoll.venue.exchange import Exchange
from tests.unit.venue.markets import NOW_MS, exchange_at


@pytest.fixture
def exchange() -> Exchange:
    """An exchange whose account holds a long of 0.1 BTC at tenfold leverage."""
    exchange = exchange_at()
    call(exchange, "POST", "/fapi/v1/leverage", leverage=10)
    call(exchange, "POST", "/fapi/v1/order", side="BUY", type="MARKET", quantity=0.1)
    return exchange


def call(exchange: Exchange, method: str, path: str, **parameters: object) -> Any:
    texts = {"symbol": "BTCUSDT"} | {name: str(value) for name, value in parameters.items()}
    return PRIVATE[method, path](exchange, texts, NOW_MS)


def test_the_wallet_is_the_free_balance_and_the_margin(exchange: Exchange) -> None:
    account = call(exchange, "GET", "/fapi/v2/account")
    [fill] = exchange.account.fills
    margin = 0.1 * fill.price / 10
    assert float(account["totalPositionInitialMargin"]) == pytest.approx(margin)
    assert float(account["availableBalance"]) == pytest.approx(10_000 - margin - fill.fee_usd)
    assert float(account["totalWalletBalance"]) == pytest.approx(10_000 - fill.fee_usd)
    assert float(account["totalMarginBalance"]) == pytest.approx(
        10_000 - fill.fee_usd + float(account["totalUnrealizedProfit"])
    )


def test_a_resting_order_ties_up_its_margin(exchange: Exchange) -> None:
    before = call(exchange, "GET", "/fapi/v3/balance")[0]
    call(
        exchange,
        "POST",
        "/fapi/v1/order",
        side="BUY",
        type="LIMIT",
        quantity=0.1,
        price=50_000,
    )
    after = call(exchange, "GET", "/fapi/v3/balance")[0]
    freed = float(before["availableBalance"]) - float(after["availableBalance"])
    assert freed == pytest.approx(500)
    assert float(after["openOrderInitialMargin"]) == pytest.approx(500)
    assert after["balance"] == before["balance"]


def test_only_open_positions_are_shown(exchange: Exchange) -> None:
    call(exchange, "POST", "/fapi/v1/leverage", symbol="ETHUSDT", leverage=3)
    [position] = call(exchange, "GET", "/fapi/v2/positionRisk", symbol="")
    assert (position["symbol"], position["positionAmt"]) == ("BTCUSDT", "0.100")
    assert (position["leverage"], position["marginType"]) == ("10", "isolated")
    assert float(position["liquidationPrice"]) < float(position["entryPrice"])
    call(exchange, "POST", "/fapi/v1/order", side="SELL", type="MARKET", quantity=0.1)
    assert call(exchange, "GET", "/fapi/v2/positionRisk") == []


@pytest.mark.parametrize("leverage", [0, 126, ""])
def test_a_leverage_out_of_range_is_refused(exchange: Exchange, leverage: object) -> None:
    with pytest.raises(ApiError) as refused:
        call(exchange, "POST", "/fapi/v1/leverage", leverage=leverage)
    assert refused.value.code == -4028
    assert exchange.account.position("BTCUSDT").leverage == 10


def test_the_highest_notional_falls_with_the_leverage(exchange: Exchange) -> None:
    low = call(exchange, "POST", "/fapi/v1/leverage", symbol="ETHUSDT", leverage=1)
    high = call(exchange, "POST", "/fapi/v1/leverage", symbol="ETHUSDT", leverage=125)
    assert (low["maxNotionalValue"], high["maxNotionalValue"]) == ("1800000000", "300000")


def test_cross_margin_is_refused(exchange: Exchange) -> None:
    with pytest.raises(ApiError, match="isolated margin only"):
        call(exchange, "POST", "/fapi/v1/marginType", marginType="CROSSED")


def test_a_fill_is_a_trade_and_its_fee_an_income(exchange: Exchange) -> None:
    [trade] = call(exchange, "GET", "/fapi/v1/userTrades")
    [income] = call(exchange, "GET", "/fapi/v1/income")
    fee = float(trade["quoteQty"]) * TAKER_FEE
    assert float(trade["commission"]) == pytest.approx(fee)
    assert income["incomeType"] == "COMMISSION"
    assert float(income["income"]) == pytest.approx(-fee)
    assert call(exchange, "GET", "/fapi/v1/userTrades", symbol="ETHUSDT") == []
    assert call(exchange, "GET", "/fapi/v1/income", incomeType="FUNDING_FEE") == []
    assert call(exchange, "GET", "/fapi/v1/income", startTime=NOW_MS + 1) == []


def test_a_profit_and_its_fee_name_the_trade(exchange: Exchange) -> None:
    call(exchange, "POST", "/fapi/v1/order", side="SELL", type="MARKET", quantity=0.1)
    closing = call(exchange, "GET", "/fapi/v1/userTrades")[-1]
    profit, fee = call(exchange, "GET", "/fapi/v1/income")[-2:]
    assert (profit["incomeType"], fee["incomeType"]) == ("REALIZED_PNL", "COMMISSION")
    assert profit["income"] == closing["realizedPnl"]
    assert {profit["tradeId"], fee["tradeId"]} == {str(closing["id"])}


def test_a_transfer_belongs_to_no_contract_and_no_trade(exchange: Exchange) -> None:
    exchange.transfer(-100.0)
    [entry] = call(exchange, "GET", "/fapi/v1/income", symbol="", incomeType="TRANSFER")
    assert (entry["symbol"], entry["tradeId"], entry["info"]) == ("", "", "TRANSFER")
    assert float(entry["income"]) == -100.0
    assert call(exchange, "GET", "/fapi/v1/income", incomeType="TRANSFER") == []  # of BTCUSDT


def test_income_goes_back_a_week_unless_a_time_is_asked_for(exchange: Exchange) -> None:
    exchange.transfer(1.0)
    later_ms = NOW_MS + 8 * 86_400_000
    ask = PRIVATE["GET", "/fapi/v1/income"]
    assert ask(exchange, {}, later_ms) == []
    assert len(ask(exchange, {"startTime": str(NOW_MS)}, later_ms)) == 2


def test_income_comes_page_by_page(exchange: Exchange) -> None:
    for amount in (1.0, 2.0, 3.0):
        exchange.transfer(amount)
    pages = [
        call(exchange, "GET", "/fapi/v1/income", symbol="", limit=3, page=page)
        for page in (1, 2, 3)
    ]
    assert [[float(one["income"]) for one in page][-1:] for page in pages] == [[2.0], [3.0], []]
