"""Made-up accounts that go from well to worse: what guards are tried on."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from math import inf, nan
from typing import Any

from plimsoll.core import (
    AccountSnapshot,
    ApiHealth,
    ClosedTrade,
    DataHealth,
    EntryRequest,
    Expectation,
    ModelHealth,
    PairData,
    Position,
    Side,
    TrackRecord,
)
from plimsoll.core.books import Break, BreakKind

NOON = datetime(2024, 8, 5, 12, tzinfo=UTC)
"""The moment of every made-up account: a Monday."""
HELD, ASKED = "ETH/USDT:USDT", "BTC/USDT:USDT"
MANY = tuple(f"C{number}/USDT:USDT" for number in range(30))
NO_NUMBERS = (nan, inf, -inf)
TRADES = 120


@dataclass(frozen=True)
class GuardCase:
    """What a guard is asked about: an account, and for some guards a pair or an entry."""

    label: str
    account: AccountSnapshot = field(default_factory=lambda: account())
    request: EntryRequest = field(default_factory=lambda: entry())
    pair: str = HELD


@dataclass(frozen=True)
class Ladder:
    """Cases that differ in one thing, from well to worse.

    Attributes
    ----------
    what
        What grows worse, in words.
    cases
        At least two; a guard never answers a later one more loosely.
    unknown
        The same case with the number missing or not finite: a guard whose answer changes along
        the ladder rests on the number, and must not be ACTIVE without it.
    is_number
        Whether it is a number that grows worse, so that a denial has a value and a limit.
    """

    what: str
    cases: tuple[GuardCase, ...]
    unknown: tuple[GuardCase, ...] = ()
    is_number: bool = True


def before(**ago: float) -> datetime:
    """Return a moment before `NOON`."""
    return NOON - timedelta(**ago)


def position(pair: str = HELD, **changes: Any) -> Position:
    """Return a long of 100 USD at 3x, 1 % from its stop and 30 % from its liquidation."""
    quiet = Position(
        pair=pair,
        side=Side.LONG,
        entry_price=100.0,
        mark_price=100.0,
        amount=1.0,
        leverage=3.0,
        stop_price=99.0,
        liquidation_price=70.0,
        margin_usd=100 / 3,
        opened_at=before(hours=1),
    )
    return replace(quiet, **changes)


def closed(profit_usd: float, **changes: Any) -> ClosedTrade:
    """Return a trade of 100 USD, opened two days ago and closed an hour ago."""
    trade = ClosedTrade(
        pair=HELD,
        side=Side.LONG,
        opened_at=before(days=2),
        closed_at=before(hours=1),
        profit_usd=profit_usd,
        profit_fraction=profit_usd / 100,
        stake_usd=100.0,
    )
    return replace(trade, **changes)


def account(**changes: Any) -> AccountSnapshot:
    """Return an account of 1,000 USD with one quiet position, everything known and well."""
    return replace(_well(), **changes)


@cache
def _well() -> AccountSnapshot:
    return AccountSnapshot(
        as_of=NOON,
        equity_usd=1000.0,
        day_start_equity_usd=1000.0,
        high_water_equity_usd=1000.0,
        peak_equity_usd=1000.0,
        peak_at=before(days=30),
        starting_balance_usd=1000.0,
        sees_open_positions=True,
        positions=(position(),),
        closed_trades=(closed(5.0),) * TRADES,
        order_times=(before(hours=1),),
        data_health=_data(),
        api_health=ApiHealth(),
        models=(_model(0.9),),
        expectation=Expectation(
            source="backtest.json",
            trades=500,
            mean_profit_fraction=0.01,
            profit_std_fraction=0.02,
            win_rate_fraction=0.6,
        ),
        track_record=TrackRecord(
            trades=200, win_rate_fraction=0.6, sharpe=2.0, max_drawdown_fraction=0.1
        ),
        breaks=(),
    )


def entry(**changes: Any) -> EntryRequest:
    """Return a long of 100 USD at 1x, 1 % from its stop and 2 % from its target."""
    asked = EntryRequest(
        pair=ASKED,
        side=Side.LONG,
        stake_usd=100.0,
        price=100.0,
        stop_price=99.0,
        target_price=102.0,
        leverage=1.0,
        fill_cost_fraction=0.0007,
        mark_price=100.0,
        spread_fraction=0.0002,
        liquidity_usd=1e6,
        correlations=dict.fromkeys((HELD, *MANY), 0.5),
    )
    return replace(asked, **changes)


def hours_of_a_week() -> list[GuardCase]:
    """Return the healthy account at every hour of a week, for what looks at the clock."""
    moments = [NOON + timedelta(hours=hour) for hour in range(24 * 7)]
    return [GuardCase(f"{moment:%A %H:%M} UTC", account(as_of=moment)) for moment in moments]


def ladders() -> tuple[Ladder, ...]:
    """Return every ladder: equity, results, positions, senses, models, a person, an entry."""
    return (*_of_equity(), *_of_trades(), *_of_positions(), *_of_senses(), *_of_entry())


def _of_equity() -> list[Ladder]:
    falling = (1000.0, 985.0, 970.0, 950.0, 900.0, 800.0, 500.0, 100.0, 0.0, -50.0)
    rising = (1000.0, 1020.0, 1050.0, 1200.0, 2000.0, 1e6)
    return [
        _account_ladder("equity_usd", falling, (None, *NO_NUMBERS)),
        _account_ladder("day_start_equity_usd", rising, (None, *NO_NUMBERS)),
        _account_ladder("high_water_equity_usd", rising, (None, *NO_NUMBERS)),
        _account_ladder("peak_equity_usd", rising, (None, *NO_NUMBERS)),
    ]


def _of_trades() -> list[Ladder]:
    def lost(count: int) -> Any:
        return (closed(5.0),) * (TRADES - count) + (closed(-1.0),) * count

    def each(profit_usd: float) -> Any:
        return (closed(profit_usd),) * TRADES

    def opened_today(count: int) -> Any:
        return (closed(5.0),) * TRADES + (closed(5.0, opened_at=before(hours=2)),) * count

    def ended(seconds: float) -> Any:
        return (closed(5.0),) * TRADES + (closed(5.0, closed_at=before(seconds=seconds)),)

    def broken(number: float) -> Any:
        return (*each(5.0), closed(number))

    name, none = "closed_trades", [("closed_trades None", None)]
    last = [(f"the last profit {one}", broken(one)) for one in NO_NUMBERS]
    return [
        _made_ladder("losses in a row", name, (0, 1, 3, 5, 10, 30, TRADES), lost, [*none, *last]),
        _made_ladder("USD a trade", name, (5.0, 2.0, 1.0, 0.5, 0.0, -1.0, -5.0), each, none + last),
        _made_ladder("trades opened today", name, (0, 1, 3, 6, 9, 20, 100), opened_today, none),
        _made_ladder("seconds since a trade", name, (3600, 1800, 900, 899, 60, 0), ended, none),
    ]


def _of_positions() -> list[Ladder]:
    def one(key: str, **others: Any) -> Callable[[Any], Any]:
        return lambda value: (position(**{**others, key: value}),)

    def many(count: int) -> Any:
        return tuple(position(pair) for pair in MANY[:count])

    def unknown(key: str, values: Iterable[Any]) -> list[tuple[str, Any]]:
        return [(f"{key} {value}", (position(**{key: value}),)) for value in values]

    name, short = "positions", {"side": Side.SHORT, "stop_price": 101.0, "liquidation_price": 130.0}
    marks = unknown("mark_price", (None, *NO_NUMBERS))
    return [
        _made_ladder("positions", name, (0, 1, 2, 4, 8, 20), many, [("positions None", None)]),
        _made_ladder(
            "coins held",
            name,
            (1.0, 3.0, 10.0, 100.0, 1e4, 1e6),
            one("amount"),
            unknown("amount", NO_NUMBERS),
        ),
        _made_ladder(
            "mark of a long", name, (100.0, 95.0, 85.0, 75.0, 71.0), one("mark_price"), marks
        ),
        _made_ladder(
            "mark of a short",
            name,
            (100.0, 105.0, 115.0, 125.0, 129.0),
            one("mark_price", **short),
            marks,
        ),
        _made_ladder(
            "liquidation price of a long",
            name,
            (50.0, 70.0, 85.0, 95.0, 99.0, 100.0, 150.0),
            one("liquidation_price"),
            unknown("liquidation_price", (None, *NO_NUMBERS)),
        ),
    ]


def _of_senses() -> list[Ladder]:
    counts = (0, 1, 3, 5, 10, 15, 50, 500)

    def errors(count: int) -> Any:
        return ApiHealth(error_times=(before(seconds=1),) * count)

    def orders(count: int) -> Any:
        return (before(seconds=1),) * count

    def broken(count: int) -> Any:
        kind, since = BreakKind.FOREIGN_ORDER, before(hours=1)
        return tuple(
            Break(kind=kind, text="an order", since=since, order=str(number), size_usd=5.0)
            for number in range(count)
        )

    def stale(seconds: float) -> Any:
        return _data(newest_candle_closed_at=before(seconds=seconds))

    ages, rights = (0, 60, 300, 306, 600, 3600, 86400), (0.9, 0.7, 0.6, 0.5, 0.45, 0.3, 0.0)
    no_candle = ("no candle", _data(newest_candle_closed_at=None))
    no_model = [(f"accuracy {one}", (_model(one),)) for one in (None, *NO_NUMBERS)]
    return [
        _made_ladder("API errors", "api_health", counts, errors, [("api_health None", None)]),
        _made_ladder("orders", "order_times", counts, orders, [("order_times None", None)]),
        _made_ladder(
            "seconds since a candle",
            "data_health",
            ages,
            stale,
            [("data_health None", None), no_candle],
        ),
        _made_ladder(
            "accuracy of a model",
            "models",
            rights,
            lambda right: (_model(right),),
            [("models None", None), *no_model],
        ),
        _made_ladder("breaks", "breaks", (0, 1, 2, 3, 10, 100), broken, [("breaks None", None)]),
        _said_ladder(
            "a price that cannot be", "data_health", (None, "a jump of 90 %"), _implausible
        ),
        _said_ladder(
            "a person's halt", "manual_halt_reason", (None, "the person"), lambda said: said
        ),
    ]


def _of_entry() -> list[Ladder]:
    def correlations(value: float) -> Any:
        return {HELD: value}

    unknown = (None, *NO_NUMBERS)
    related = [("correlations None", None), ("correlation nan", {HELD: nan})]
    return [
        _entry_ladder("stake_usd", (10.0, 100.0, 333.0, 1000.0, 1e4, 1e9), NO_NUMBERS),
        _entry_ladder("leverage", (1.0, 2.0, 3.0, 5.0, 10.0, 125.0), NO_NUMBERS),
        _entry_ladder("stop_price", (99.5, 99.0, 97.0, 95.0, 80.0, 50.0, 1.0), NO_NUMBERS),
        _entry_ladder("target_price", (110.0, 105.0, 102.0, 100.5, 100.1, 100.0, 99.0), NO_NUMBERS),
        _entry_ladder("fill_cost_fraction", (0.0, 0.0007, 0.002, 0.01, 0.1), NO_NUMBERS),
        _entry_ladder("mark_price", (100.0, 101.0, 103.0, 110.0, 200.0, 1e4), unknown),
        _entry_ladder("mark_price", (100.0, 99.0, 97.0, 90.0, 50.0, 1.0), unknown),
        _entry_ladder("spread_fraction", (0.0, 0.0005, 0.001, 0.01, 0.1, 0.5), unknown),
        _entry_ladder("liquidity_usd", (1e9, 1e6, 1e5, 1e4, 1e3, 1.0), unknown),
        Ladder(
            "correlation",
            tuple(
                GuardCase(f"correlation {one:g}", request=entry(correlations=correlations(one)))
                for one in (-1.0, 0.0, 0.5, 0.7, 0.9, 1.0)
            ),
            tuple(GuardCase(label, request=entry(correlations=made)) for label, made in related),
        ),
    ]


def _account_ladder(key: str, values: Sequence[float], unknown: Iterable[Any]) -> Ladder:
    return Ladder(
        key,
        tuple(GuardCase(f"{key} {value:g}", account(**{key: value})) for value in values),
        tuple(GuardCase(f"{key} {value}", account(**{key: value})) for value in unknown),
    )


def _entry_ladder(key: str, values: Sequence[float], unknown: Iterable[Any]) -> Ladder:
    return Ladder(
        key,
        tuple(GuardCase(f"{key} {value:g}", request=entry(**{key: value})) for value in values),
        tuple(GuardCase(f"{key} {value}", request=entry(**{key: value})) for value in unknown),
    )


def _made_ladder(
    what: str,
    key: str,
    values: Sequence[float],
    make: Callable[[Any], Any],
    unknown: Iterable[tuple[str, Any]],
) -> Ladder:
    """Return a ladder whose field of the account is made from each value."""
    return Ladder(
        what,
        tuple(GuardCase(f"{what} {value:g}", account(**{key: make(value)})) for value in values),
        tuple(GuardCase(label, account(**{key: value})) for label, value in unknown),
    )


def _said_ladder(
    what: str, key: str, values: Sequence[str | None], make: Callable[[Any], Any]
) -> Ladder:
    cases = [GuardCase(f"{what} {value}", account(**{key: make(value)})) for value in values]
    return Ladder(what, tuple(cases), is_number=False)


def _data(**changes: Any) -> DataHealth:
    fresh = replace(PairData(newest_candle_closed_at=NOON, candle_seconds=300.0), **changes)
    return DataHealth(pairs={HELD: fresh, ASKED: fresh})


def _implausible(why: str | None) -> DataHealth:
    return _data(implausible=why)


def _model(accuracy: float | None) -> ModelHealth:
    return ModelHealth(name="model", accuracy_fraction=accuracy, predictions=1000)
