"""A trade that counts each order once is, after each of them, the trade that Freqtrade has."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from freqtrade.enums import TradingMode
from freqtrade.persistence import LocalTrade, Order

from plimsoll.bridge.account.freqtrade_trades import last_fill
from plimsoll.lab.fast_lane.counted_trade import CountedTrade, counted
from tests.unit.lab.fast_lane.numbers import same

OPENED = datetime(2024, 1, 1, tzinfo=UTC)
TICK_SIZE = 4
NOT_COMPARED = ("orders", "_tally")


def opened(*, is_short: bool, leverage: float, mode: TradingMode) -> LocalTrade:
    return LocalTrade(
        id=1,
        pair="BTC/USDT:USDT",
        open_date=OPENED,
        open_rate=101.3,
        stake_amount=100.0,
        amount=0.0,
        fee_open=0.0005,
        fee_close=0.0005,
        is_short=is_short,
        leverage=leverage,
        trading_mode=mode,
        amount_precision=0.001,
        price_precision=0.01,
        precision_mode=TICK_SIZE,
        precision_mode_price=TICK_SIZE,
        contract_size=1.0,
    )


def ordered(trade: LocalTrade, side: str, amount: float, price: float, at: datetime) -> Order:
    order = Order(ft_is_open=True, ft_order_side=side, ft_pair=trade.pair, ft_amount=amount)
    order.side, order.ft_price, order.price, order.average = side, price, price, price
    order.amount, order.remaining, order.filled, order.status = amount, amount, 0, "open"
    order.order_date, order.ft_trade_id = at, trade.id
    order._trade_bt = trade
    trade.orders.append(order)
    return order


def asked(trade: LocalTrade) -> dict[str, Any]:
    """What Freqtrade reads of a trade, its fields and what is worked out of its orders."""
    fields = {name: value for name, value in vars(trade).items() if name not in NOT_COMPARED}
    last = trade.orders[-1]
    return fields | {
        "last filled": trade.date_last_filled_utc,
        "last fill": last_fill(trade),
        "open": (trade.has_open_orders, len(trade.open_orders), trade.has_open_position),
        "filled": [len(trade.select_filled_orders(side)) for side in (None, "buy", "sell")],
        "entries": (trade.nr_of_successful_entries, trade.nr_of_successful_exits),
        "latest": trade.select_order(trade.exit_side, is_open=True) is last,
        "profit": [trade.calc_profit_ratio(rate) for rate in (90.0, 101.31, 1e-3)],
        "told": trade.to_json(minified=True) | {"orders": None},
    }


def require_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert one.keys() == other.keys()
    for name, value in one.items():
        assert type(value) is type(other[name]), name
        alike = same(value, other[name]) if isinstance(value, float) else value == other[name]
        assert alike, (name, value, other[name])


@pytest.mark.parametrize(
    ("is_short", "mode"),
    [(False, TradingMode.FUTURES), (True, TradingMode.FUTURES), (False, TradingMode.SPOT)],
)
@pytest.mark.parametrize("seed", range(6))
def test_after_each_order_all_is_as_freqtrade_has_it(
    is_short: bool, mode: TradingMode, seed: int
) -> None:
    lot = random.Random(seed)
    kind = {"is_short": is_short, "leverage": lot.choice([1.0, 3.0]), "mode": mode}
    both = opened(**kind), opened(**kind)
    at = OPENED
    for number in range(14):
        at += timedelta(hours=lot.choice([0, 1, 30]))
        price = round(lot.uniform(80, 120), 2)
        held = both[0].amount
        is_exit = number > 0 and lot.random() < 0.4 and held > 0.01
        amount = round(held * lot.uniform(0.1, 0.8), 3) if is_exit else round(lot.uniform(1, 9), 3)
        fee, cancels = lot.choice([0, 0.0, lot.uniform(-1, 1)]), lot.random() < 0.2
        refreshes = lot.random() < 0.3
        for trade in both:
            side = trade.exit_side if is_exit else trade.entry_side
            if not is_exit:
                trade.adjust_stop_loss(trade.open_rate, -0.3, initial=True)
            ordered(trade, side, amount, price, at)
        if number > 0:
            require_same(asked(both[0]), asked(both[1]))
        for trade in both:
            order = trade.orders[-1]
            if cancels and number > 0:
                del trade.orders[trade.orders.index(order)]
                continue
            trade.set_funding_fees(fee)
            order.close_bt_order(at, trade)
            trade.recalc_trade_from_orders()
            trade.adjust_stop_loss(price, -0.2, allow_refresh=refreshes)
        if number == 0:
            counted(both[1])
            assert type(both[1]) is CountedTrade
        require_same(asked(both[0]), asked(both[1]))
    for trade in both:
        order = ordered(trade, trade.exit_side, trade.amount, 99.99, at)
        order.close_bt_order(at, trade)
        trade.close_date = at
        trade.close(99.99, show_msg=False)
    require_same(asked(both[0]), asked(both[1]))
    assert both[1].close_profit_abs is not None


def test_what_has_interest_or_is_counted_already_stays_what_it_is() -> None:
    borrowed = opened(is_short=False, leverage=3.0, mode=TradingMode.FUTURES)
    borrowed.trading_mode = TradingMode.MARGIN
    counted(borrowed)
    assert type(borrowed) is LocalTrade
    held = opened(is_short=False, leverage=1.0, mode=TradingMode.FUTURES)
    counted(held)
    tally = held._tally
    counted(held)
    assert held._tally is tally
