"""Every registered guard keeps the contracts that `plimsoll.checks` ships, on cases of its own too.

The tables below know each guard's own limits, its accounts from good to worse and its numbers.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from plimsoll.checks import GuardCase, Ladder, check_guard
from plimsoll.checks.guards import EVERY_LIMIT_SET, GuardTrial
from plimsoll.core import (
    AccountSnapshot,
    ApiHealth,
    EntryRequest,
    Mode,
    Position,
    Side,
    TrackRecord,
    Verdict,
)
from plimsoll.core.books import Break, BreakKind
from plimsoll.journal.phrases import RULES
from plimsoll.risk import GUARDS, NEEDS, RiskProfile, evaluate, evaluate_entry
from plimsoll.risk.guards import name_of
from tests.contracts.every import for_every
from tests.unit.risk.accounts import (
    BTC,
    ETH,
    NOON,
    account,
    before,
    closed,
    expectation,
    fresh,
    model,
    position,
    request,
)

NAN, INF = float("nan"), float("inf")
ALL: dict[str, Callable[..., Verdict]] = {
    name_of(guard): guard for guard in (*GUARDS.account, *GUARDS.pair, *GUARDS.entry)
}
WITHOUT_A_NUMBER = {"manual_halt", "trading_hours"}


def case(held: AccountSnapshot, asked: EntryRequest | None = None) -> GuardCase:
    """What one guard is asked; its ladder gives it a label."""
    return GuardCase("", held, asked or request(), ETH)


def ask(name: str, about: GuardCase, profile: RiskProfile) -> Verdict:
    return GuardTrial(ALL[name], (profile,), ()).ask(about, profile)


def of_account(values: Sequence[Any], **fields: Callable[[Any], Any]) -> list[GuardCase]:
    """One case a value; each field of the account is made from it."""
    return [
        case(account(**{name: make(value) for name, make in fields.items()})) for value in values
    ]


def of_request(key: str, *values: Any, **others: Any) -> list[GuardCase]:
    return [case(account(**others), request(**{key: value})) for value in values]


def ago(seconds: Sequence[float]) -> list[Any]:
    return [before(seconds=one) for one in sorted(seconds, reverse=True)]


def losses(count: int) -> list[Any]:
    return [closed(-1.0, closed_at=before(hours=1)) for _ in range(count)]


def results(mean: float) -> list[Any]:
    return [closed(mean * 100, closed_at=before(hours=1)) for _ in range(100)]


def opened_today(count: int) -> list[Any]:
    return [closed(1.0, closed_at=before(hours=1)) for _ in range(count)]


def one_break(age_seconds: float, size_usd: float | None = 20.0) -> tuple[Break, ...]:
    since = before(seconds=age_seconds)
    kind = BreakKind.UNEXPLAINED_POSITION
    return (Break(kind=kind, text="a position", since=since, size_usd=size_usd),)


def held(**changes: Any) -> Callable[[Any], list[Position]]:
    """Return one position in ETH whose named field is the value."""
    [key] = changes
    return lambda value: [position(**{key: value})]


# From good to worse; the first is ACTIVE, the last is not.
WORSE: dict[str, list[GuardCase]] = {
    "manual_halt": of_account([None, "", "me"], manual_halt_reason=lambda said: said),
    "reconciliation": of_account(
        [(), *(one_break(age) for age in (0, 299, 301)), one_break(301, 1e6), one_break(301, None)],
        breaks=lambda seen: seen,
    ),
    "drawdown": of_account([1000, 930, 920, 900, 880, 500, 0, -5], equity_usd=float),
    "terminal_drawdown": of_account([1000, 751, 750, 500, 0, -5], equity_usd=float),
    "probation": of_account([20, 14, 13, 0], rearmed_at=lambda days: before(days=days)),
    "daily_loss": of_account([1001, 971, 970, 955, 500, -5], equity_usd=float),
    "divergence": of_account(
        [0.02, 0.009, 0.007, 0.004, 0.0, -0.05],
        closed_trades=results,
        expectation=lambda _: expectation(),
    ),
    "break_even": of_account([0.01, 0.0, -0.0001, -0.05], closed_trades=results),
    "consecutive_losses": of_account([0, 4, 5, 6, 50], closed_trades=losses),
    "api_errors": of_account(
        [0, 4, 5, 14, 15, 99],
        api_health=lambda count: ApiHealth(error_times=ago([1.0] * count)),
    ),
    "order_throttle": of_account(
        [0, 19, 20, 200], order_times=lambda count: ago([1.0] * count)
    ),
    "trades_per_day": of_account([0, 8, 9, 50], closed_trades=opened_today),
    "trading_hours": [case(account(as_of=NOON + timedelta(hours=hours))) for hours in (0, 10)],
    "model_accuracy": of_account([0.9, 0.5, 0.49, 0.0], models=lambda right: [model(right)]),
    "liquidation_distance": of_account(
        [70.0, 85.0, 86.0, 95.0, 100.0, 150.0], positions=held(liquidation_price=0)
    ),
    "stale_data": of_account(
        [0, 305, 306, 600, 601, 9999],
        data_health=lambda age: fresh(ETH, newest_candle_closed_at=before(seconds=age)),
    ),
    "cooldown": of_account(
        [900, 899, 0], closed_trades=lambda age: [closed(1.0, closed_at=before(seconds=age))]
    ),
    "position_size": of_request("stake_usd", 10.0, 333.0, 334.0, 1e9),
    "exposure": of_request("stake_usd", 10.0, 966.0, 967.0, 1e9),
    "open_positions": [
        case(account(positions=[position(f"C{one}/USDT:USDT") for one in range(count)]))
        for count in (0, 3, 4, 9)
    ],
    "portfolio_heat": of_account(
        [1.0, 190.0, 199.0, 1e6], positions=lambda amount: [position(amount=amount)]
    ),
    "risk_per_trade": of_request("stop_price", 99.5, 97.0, 96.0, 50.0),
    "correlation": of_request("correlations", *({ETH: one} for one in (-1.0, 0.85, 0.86, 1.0))),
    "leverage": of_request(
        "leverage", 1.0, 3.0, 3.1, 5.0, 50.0, track_record=None
    ),
    "price_collar": of_request("mark_price", 100.0, 98.1, 97.9, 50.0, 1.0),
    "spread": of_request("spread_fraction", 0.0, 0.001, 0.0011, 0.5),
    "liquidity": of_request("liquidity_usd", 1e9, 30_000.0, 29_000.0, 1.0),
    "round_trip_cost": of_request("target_price", 110.0, 100.2, 100.1, 99.0),
}  # fmt: skip

BASE = {
    "max_liquidity_share_fraction": 0.01,
    "trading_hours_utc": {"monday": ["10:00-14:00"]},
    "divergence_z": 0.5,
}

# From loose to strict; every guard that has a limit is here.
STRICTER: dict[str, list[dict[str, Any]]] = {
    "manual_halt": [{}],
    "reconciliation": [
        {"max_break_seconds": 86400},
        {"max_break_fraction": 1},
        {},
        {"max_break_fraction": 0},
        {"max_break_seconds": 0, "max_break_fraction": 0},
    ],
    "drawdown": [
        {"drawdown_halt_fraction": 0.15, "drawdown_reduce_fraction": 0.1},
        {"drawdown_reduce_fraction": 0.08},
        {"drawdown_reduce_fraction": 0.05, "drawdown_stake_multiplier": 0.25},
        {"drawdown_reduce_fraction": 0.02, "drawdown_halt_fraction": 0.02},
    ],
    "terminal_drawdown": [
        {"terminal_drawdown_fraction": one} for one in (None, 0.5, 0.25, 0.12)
    ],
    "probation": [
        {"probation_days": 0},
        {"probation_stake_fraction": 1},
        {"probation_days": 1},
        {},
        {"probation_stake_fraction": 0.1},
        {"probation_stake_fraction": 0.1, "probation_days": 60},
    ],
    "daily_loss": [
        {"max_daily_loss_fraction": 0.1},
        {"max_daily_loss_fraction": 0.03},
        {"max_daily_loss_fraction": 0.03, "max_daily_loss_usd": 10},
        {"max_daily_loss_fraction": 0.001, "max_daily_loss_usd": 10},
    ],
    "divergence": [
        {"max_divergence_fraction": 1, "divergence_z": 3},
        {"max_divergence_fraction": 0.5, "divergence_z": 3},
        {"max_divergence_fraction": 0.2, "divergence_z": 1},
        {"max_divergence_fraction": 0.05, "divergence_z": 0},
    ],
    "break_even": [
        {"break_even_trades": None},
        {"break_even_trades": 100, "break_even_z": 3},
        {"break_even_trades": 100},
    ],
    "consecutive_losses": [
        {"max_consecutive_losses": 20, "consecutive_losses_pause_hours": 0.5},
        {"max_consecutive_losses": 5, "consecutive_losses_pause_hours": 0.5},
        {"max_consecutive_losses": 5},
        {"max_consecutive_losses": 1},
        {"max_consecutive_losses": 1, "flatten_on_consecutive_losses": True},
    ],
    "api_errors": [
        {"api_error_window_seconds": 0.5},
        {"max_api_errors": 50, "flatten_api_errors": 60},
        {"flatten_api_errors": 60},
        {},
        {"max_api_errors": 1, "flatten_api_errors": 1},
    ],
    "order_throttle": [
        {"max_orders": 1000}, {"order_window_seconds": 0.5}, {}, {"max_orders": 1},
    ],
    "trades_per_day": [{"max_trades_per_day": 100}, {}, {"max_trades_per_day": 1}],
    "trading_hours": [
        {"trading_hours_utc": None},
        {"trading_hours_utc": {"monday": ["00:00-24:00"]}},
        {"trading_hours_utc": {"monday": ["10:00-14:00"]}},
        {"trading_hours_utc": {"monday": ["10:00-11:00"]}},
    ],
    "model_accuracy": [
        {"model_accuracy_predictions": 1000}, {}, {"min_model_accuracy_fraction": 0.95},
    ],
    "liquidation_distance": [
        {"min_liquidation_distance_fraction": one} for one in (0.05, 0.15, 0.5)
    ],
    "stale_data": [
        {"max_candle_delay_seconds": 3600, "max_blind_seconds": 86400},
        {"max_blind_seconds": 86400},
        {},
        {"max_candle_delay_seconds": 0, "max_blind_seconds": 1},
    ],
    "cooldown": [{"cooldown_seconds": one} for one in (0, 900, 86400)],
    "position_size": [
        {"max_position_fraction": 3}, {}, {"max_position_usd": 100},
        {"max_position_usd": 100, "max_position_fraction": 0.01},
    ],
    "exposure": [
        {"max_exposure_fraction": 10}, {}, {"max_exposure_usd": 100},
        {"max_position_fraction": 0.01, "max_exposure_fraction": 0.01},
    ],
    "open_positions": [{"max_open_positions": one} for one in (100, 4, 1)],
    "portfolio_heat": [{"max_portfolio_heat_fraction": one} for one in (0.2, 0.1, 0.01)],
    "risk_per_trade": [{"max_risk_per_trade_fraction": one} for one in (0.05, 0.01, 0.0001)],
    "correlation": [{"max_correlation": one} for one in (1, 0.7, 0)],
    "leverage": [
        {"max_leverage": 5}, {}, {"max_leverage": 1, "proven_max_leverage": 1},
    ],
    "price_collar": [{"max_price_deviation_fraction": one} for one in (None, 0.1, 0.02, 0.001)],
    "spread": [{"max_spread_fraction": one} for one in (None, 0.05, 0.001, 0.00001)],
    "liquidity": [{"max_liquidity_share_fraction": one} for one in (None, 1, 0.01, 0.00001)],
    "round_trip_cost": [{"min_target_to_cost": one} for one in (1, 3, 1000)],
}  # fmt: skip

# The numbers that a guard rests on: of the account, of its position in ETH, of the request.
NUMBERS: dict[str, dict[str, tuple[str, ...]]] = {
    "drawdown": {"account": ("equity_usd", "high_water_equity_usd")},
    "terminal_drawdown": {"account": ("equity_usd", "peak_equity_usd")},
    "daily_loss": {"account": ("equity_usd", "day_start_equity_usd")},
    "reconciliation": {"break": ("size_usd",)},
    "divergence": {"trades": ("profit_fraction",)},
    "break_even": {"trades": ("profit_usd",)},
    "consecutive_losses": {"trades": ("profit_usd",)},
    "model_accuracy": {"model": ("accuracy_fraction",)},
    "liquidation_distance": {"position": ("mark_price", "liquidation_price")},
    "stale_data": {"data": ("newest_candle_closed_at", "candle_seconds")},
    "position_size": {"account": ("equity_usd",), "request": ("stake_usd", "leverage")},
    "exposure": {
        "account": ("equity_usd",),
        "position": ("entry_price", "amount"),
        "request": ("stake_usd", "leverage"),
    },
    "portfolio_heat": {
        "account": ("equity_usd",),
        "position": ("entry_price", "amount"),
        "request": ("stake_usd", "leverage", "price", "fill_cost_fraction"),
    },
    "risk_per_trade": {
        "account": ("equity_usd",),
        "request": ("stake_usd", "leverage", "price", "fill_cost_fraction"),
    },
    "leverage": {"request": ("leverage",)},
    "price_collar": {"request": ("price", "mark_price")},
    "spread": {"request": ("spread_fraction",)},
    "liquidity": {"request": ("liquidity_usd", "stake_usd", "leverage")},
    "round_trip_cost": {"request": ("price", "fill_cost_fraction")},
}


def poisoned(part: str, key: str, bad: Any) -> GuardCase:
    """A healthy case with one number that is none."""
    match part:
        case "account":
            return case(account(**{key: bad}))
        case "request":
            return case(account(), request(**{key: bad}))
        case "position":
            return case(account(positions=[position(**{key: bad})]))
        case "trades":
            trades = [closed(5.0)] * 99
            last = replace(closed(5.0, closed_at=before(hours=1)), **{key: bad})
            return case(account(closed_trades=[*trades, last], expectation=expectation()))
        case "model":
            return case(account(models=[replace(model(0.9), **{key: bad})]))
        case "break":
            return case(account(breaks=[replace(one_break(301)[0], **{key: bad})]))
        case "data":
            return case(account(data_health=fresh(ETH, BTC, **{key: bad})))
    raise AssertionError(part)


POISON = [
    (name, part, key, bad)
    for name, parts in NUMBERS.items()
    for part, keys in parts.items()
    for key in keys
    for bad in ((None,) if key == "newest_candle_closed_at" else (None, NAN, INF, -INF))
]


def limits(**changes: Any) -> RiskProfile:
    return RiskProfile(**{**BASE, **changes})


def strength(verdict: Verdict) -> tuple[int, float]:
    return verdict.mode, -verdict.multiplier


def ladder(name: str) -> Ladder:
    cases = (replace(one, label=f"case {n} of {name}") for n, one in enumerate(WORSE[name], 1))
    return Ladder(name, tuple(cases), is_number=name not in WITHOUT_A_NUMBER)


def for_every_guard(check: Callable[[str], None]) -> None:
    for_every({name: name for name in ALL}, check)


def test_every_registered_guard_has_its_cases() -> None:
    assert sorted(WORSE) == sorted(STRICTER) == sorted(ALL)


def test_plimsoll_check_asks_with_the_same_limits() -> None:
    assert limits() == EVERY_LIMIT_SET


def test_its_file_has_its_name() -> None:
    def check(name: str) -> None:
        module = inspect.getmodule(ALL[name])
        assert module is not None
        assert module.__name__ == f"plimsoll.risk.guards.{name}"

    for_every_guard(check)


def test_every_guard_keeps_the_contracts() -> None:
    def check(name: str) -> None:
        for profiles in ([limits()], [limits(**changes) for changes in STRICTER[name]]):
            for finding in check_guard(ALL[name], profiles=profiles, own=[ladder(name)]):
                pytest.fail(f"{finding.contract}: {finding.text}")

    for_every_guard(check)


def test_its_own_cases_begin_active_and_end_denied() -> None:
    def check(name: str) -> None:
        modes = [ask(name, one, limits()).mode for one in WORSE[name]]
        assert modes[0] is Mode.ACTIVE
        assert modes[-1] is not Mode.ACTIVE

    for_every_guard(check)


def test_its_strictest_profile_is_stricter_than_its_loosest() -> None:
    def check(name: str) -> None:
        loosest, strictest = (limits(**STRICTER[name][end]) for end in (0, -1))
        assert name == "manual_halt" or any(
            strength(ask(name, one, loosest)) < strength(ask(name, one, strictest))
            for one in WORSE[name]
        )

    for_every_guard(check)


def test_a_number_that_is_none_is_never_active() -> None:
    def check(poison: tuple[str, str, str, Any]) -> None:
        name, part, key, bad = poison
        guards = GUARDS.only([name])
        about = poisoned(part, key, bad)
        if guards.entry:
            everything = replace(guards, account=GUARDS.account, pair=GUARDS.pair)
            verdict = evaluate_entry(about.request, about.account, limits(), guards=everything)
            assert not verdict.allows_entries
        else:
            evaluation = evaluate(about.account, limits(), guards)
            assert evaluation.of_pair(ETH).mode is not Mode.ACTIVE
        try:
            own = ask(name, about, limits())
        except TypeError:  # evaluate() has turned it into a denial
            return
        assert own.mode is not Mode.ACTIVE
        assert own.reason

    for_every({f"{one[0]}: {one[1:]}": one for one in POISON}, check)


def test_a_field_that_the_caller_cannot_know_is_never_active() -> None:
    def check(need: tuple[str, str]) -> None:
        name, key = need
        known = {"expectation": expectation(), "models": [model(0.9)]}
        verdict = ask(name, case(account(**{**known, key: None})), limits())
        assert verdict.mode is Mode.REDUCING
        assert verdict.multiplier == 0
        assert verdict.until is not None
        assert verdict.until > NOON

    needs = [(name, key) for name, keys in NEEDS.items() for key in keys]
    for_every({f"{name} without {key}": (name, key) for name, key in needs}, check)


def test_what_it_needs_is_declared() -> None:
    """With only the declared fields known, a guard answers as with all of them."""

    def check(name: str) -> None:
        for about in (WORSE[name][0], WORSE[name][-1]):
            full = about.account
            kept = {"as_of", "sees_open_positions", *NEEDS.get(name, ())}
            kept |= {"track_record", "expectation", "manual_halt_reason", "rearmed_at"}
            kept |= {"peak_at", "beyond_terminal_at"}
            if name == "reconciliation":
                kept |= {"equity_usd"}
            if full.positions is not None and name in {"stale_data", "daily_loss", "drawdown"}:
                kept |= {"positions", "data_health"}
            bare = AccountSnapshot(**{key: getattr(full, key) for key in kept})
            answer = ask(name, replace(about, account=bare), limits())
            assert answer == ask(name, about, limits())

    for_every_guard(check)


def test_a_short_is_guarded_as_a_long() -> None:
    near = position(side=Side.SHORT, stop_price=101.0, liquidation_price=105.0)
    close = case(account(positions=[near]))
    assert ask("liquidation_distance", close, limits()).mode is Mode.FLATTEN
    proof = TrackRecord(trades=1, win_rate_fraction=None, sharpe=None, max_drawdown_fraction=None)
    asked = request(side=Side.SHORT, stop_price=104.0, target_price=98.0, leverage=3.0)
    about = case(account(track_record=proof), asked)
    assert ask("risk_per_trade", about, limits()).mode is Mode.REDUCING
    assert ask("round_trip_cost", about, limits()).mode is Mode.ACTIVE


def test_every_guard_is_called_by_words_on_a_phone() -> None:
    assert [name for name in GUARDS.names() if name not in RULES] == []
    assert [one.words for one in RULES.values() if "_" in one.words] == []
