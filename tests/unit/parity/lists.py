"""Trade exports to compare, as Freqtrade writes them: by hand and drawn."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from plimsoll.parity import Kind, Record, read_trades

T0 = datetime(2025, 3, 1, tzinfo=UTC)
CANDLE = timedelta(minutes=5)
PAIRS = ("BTC/USDT:USDT", "ETH/USDT:USDT")


def ms(minutes: float) -> int:
    return int((T0 + timedelta(minutes=minutes)).timestamp() * 1000)


def order(minutes: float, amount: float, price: float, *, entry: bool, **more: Any) -> dict:
    return {
        "amount": amount,
        "filled": amount,
        "safe_price": price,
        "ft_is_entry": entry,
        "order_filled_timestamp": ms(minutes),
        **more,
    }


def trade(
    opened: float = 0.0,
    closed: float | None = 60.0,
    *,
    pair: str = PAIRS[0],
    short: bool = False,
    entries: list[tuple[float, float]] | None = None,
    exits: list[tuple[float, float]] | None = None,
    fee: float | None = 0.0005,
    funding: float | None = 0.0,
    reason: str = "exit_signal",
    **more: Any,
) -> dict[str, Any]:
    """A row of Freqtrade's export; its profit is what its orders, fees and funding make."""
    entries = entries or [(1.0, 100.0)]
    exits = ([] if closed is None else [(1.0, 101.0)]) if exits is None else exits
    last = opened + 1.0 if closed is None else closed
    steps = max(len(entries) + len(exits) - 1, 1)
    moments = [opened + (last - opened) * n / steps for n in range(len(entries) + len(exits))]
    orders = [
        order(moments[n], amount, price, entry=n < len(entries))
        for n, (amount, price) in enumerate([*entries, *exits])
    ]
    rate = fee or 0.0
    out = sum(a for a, _ in exits)
    bought = sum(a for a, _ in entries)
    entry_rate = sum(a * p for a, p in entries) / bought
    gained = sum(a * p for a, p in exits) - out * entry_rate
    fees = rate * (out * entry_rate + sum(a * p for a, p in exits))
    profit = (-gained if short else gained) - fees + (funding or 0.0)
    return {
        "pair": pair,
        "is_open": closed is None,
        "is_short": short,
        "open_timestamp": ms(opened),
        "close_timestamp": None if closed is None else ms(closed),
        "open_rate": entry_rate,
        "close_rate": None if closed is None else exits[-1][1],
        "amount": bought,
        "fee_open": fee,
        "fee_close": fee,
        "funding_fees": funding,
        "profit_abs": None if closed is None else profit,
        "realized_profit": profit if closed is None and exits else 0.0,
        "stake_amount": bought * entry_rate,
        "leverage": 1.0,
        "enter_tag": "",
        "exit_reason": "" if closed is None else reason,
        "orders": orders,
        **more,
    }


def record(
    rows: list[dict[str, Any]], kind: Kind = Kind.BOT, *, hours: float = 240.0, **more: Any
) -> Record:
    return Record(
        name=str(kind),
        kind=kind,
        trades=read_trades(rows),
        start=T0,
        end=T0 + timedelta(hours=hours),
        candle=CANDLE,
        **more,
    )


def backtest(rows: list[dict[str, Any]], **more: Any) -> Record:
    return record(rows, Kind.BACKTEST, **more)


PRICES = st.floats(0.01, 90_000.0)
AMOUNTS = st.floats(0.001, 500.0)
FEES = st.none() | st.floats(0.0, 0.002)
REASONS = st.sampled_from(
    [
        "stop_loss",
        "trailing_stop_loss",
        "roi",
        "exit_signal",
        "force_exit",
        "my_exit",
        "plimsoll_max_drawdown",
        "emergency_exit",
        "liquidation",
    ]
)


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    """Any trade: long or short, several entries, partial exits, open, costs on record or not."""
    opened = draw(st.integers(0, 2000)) * 1.0 + draw(st.sampled_from([0.0, 0.1, 2.5]))
    is_open = draw(st.booleans()) and draw(st.booleans())
    entries = draw(st.lists(st.tuples(AMOUNTS, PRICES), min_size=1, max_size=3))
    whole = sum(amount for amount, _ in entries)
    parts = draw(st.lists(st.floats(0.05, 1.0), min_size=1, max_size=3))
    share = 0.6 if is_open else 1.0
    exits = [(whole * share * part / sum(parts), draw(PRICES)) for part in parts]
    made = trade(
        opened,
        None if is_open else opened + draw(st.integers(1, 4000)),
        pair=draw(st.sampled_from(PAIRS)),
        short=draw(st.booleans()),
        entries=entries,
        exits=[] if is_open and draw(st.booleans()) else exits,
        fee=draw(FEES),
        funding=draw(st.none() | st.floats(-50.0, 50.0)),
        reason=draw(REASONS),
    )
    # What Freqtrade recorded may differ from what the orders say.
    beyond = draw(st.sampled_from([0.0, 0.0, 1e-8, -0.37]))
    if made["profit_abs"] is not None:
        made["profit_abs"] += beyond
    return made
