"""Whole account histories: guards, evaluation and latch against slow references."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import sqrt
from statistics import stdev
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from plimsoll.core import (
    AccountSnapshot,
    ApiHealth,
    ClosedTrade,
    DataHealth,
    Mode,
    PairData,
    Position,
    Side,
    Verdict,
)
from plimsoll.risk import Evaluation, LatchState, RiskProfile, evaluate, evaluate_entry, observe
from plimsoll.risk.sizing import largest_stake_usd, planned_stake_usd
from tests.unit.risk.accounts import BTC, ETH, SOL, account, request

PAIRS = (BTC, ETH, SOL)
FIRST = datetime(2024, 3, 1, tzinfo=UTC)
START_USD = 1000.0

minutes = st.integers(1, 18 * 60)
sides = st.sampled_from(Side)
moves = st.floats(-0.2, 0.2)
profits = st.sampled_from([-40.0, -15.0, -1.0, 0.0, 1.0, 20.0, 60.0])


@st.composite
def histories(draw: st.DrawFn) -> list[AccountSnapshot]:
    """Snapshots of one account as time passes: it trades, holds, is marked and has accidents."""
    now, realised, peak = FIRST, START_USD, START_USD
    trades: list[ClosedTrade] = []
    found, day, day_start = [], FIRST.date(), START_USD
    for _ in range(draw(st.integers(1, 25))):
        opened, now = now, now + timedelta(minutes=draw(minutes))
        if now.date() != day:
            day, day_start = now.date(), realised
        for profit in draw(st.lists(profits, max_size=3)):
            realised += profit
            trades = [*trades, _closed(draw(st.sampled_from(PAIRS)), profit, opened, now)]
        positions = [_position(pair, draw(sides), draw(moves), opened) for pair in _some(draw)]
        equity = realised + sum(position.unrealised_usd or 0.0 for position in positions)
        peak = max(peak, equity)
        found.append(
            AccountSnapshot(
                as_of=now,
                equity_usd=equity,
                day_start_equity_usd=day_start,
                high_water_equity_usd=peak,
                peak_equity_usd=peak,
                starting_balance_usd=START_USD,
                sees_open_positions=True,
                positions=positions,
                closed_trades=trades,
                order_times=[trade.closed_at for trade in trades],
                data_health=_data(now, draw(st.sampled_from([0, 200, 304, 306, 700]))),
                api_health=ApiHealth(error_times=[now] * draw(st.sampled_from([0, 0, 4, 5, 16]))),
                models=(),
                breaks=(),
            )
        )
    return found


def _some(draw: st.DrawFn) -> list[str]:
    return draw(st.lists(st.sampled_from(PAIRS), max_size=3, unique=True))


def _closed(pair: str, profit: float, opened: datetime, closed: datetime) -> ClosedTrade:
    return ClosedTrade(
        pair=pair,
        side=Side.LONG,
        opened_at=opened,
        closed_at=closed,
        profit_usd=profit,
        profit_fraction=profit / 100,
        stake_usd=100.0,
    )


def _position(pair: str, side: Side, move: float, opened: datetime) -> Position:
    return Position(
        pair=pair,
        side=side,
        entry_price=100.0,
        mark_price=100.0 * (1 + move),
        amount=3.0,
        leverage=3.0,
        stop_price=100.0 - side.sign,
        liquidation_price=100.0 - side.sign * 30,
        margin_usd=100.0,
        opened_at=opened,
    )


def _data(now: datetime, age: float) -> DataHealth:
    data = PairData(newest_candle_closed_at=now - timedelta(seconds=age), candle_seconds=300.0)
    return DataHealth(pairs=dict.fromkeys(PAIRS, data))


def strength(verdict: Verdict) -> tuple[int, float]:
    return verdict.mode, -verdict.multiplier


def looser(after: Evaluation, before: Evaluation) -> bool:
    """Whether anything may be done after that might not be done before."""
    return any(
        strength(after.of_pair(pair)) < strength(before.of_pair(pair)) for pair in PAIRS
    ) or strength(after.account) < strength(before.account)


LIMITS: dict[str, list[Any]] = {
    "max_daily_loss_fraction": [0.1, 0.03, 0.01],
    "max_daily_loss_usd": [None, 50, 5],
    "drawdown_reduce_fraction": [0.1, 0.08, 0.03],
    "drawdown_halt_fraction": [0.15, 0.12, 0.1],
    "drawdown_stake_multiplier": [0.9, 0.5, 0.0],
    "max_consecutive_losses": [20, 5, 1],
    "consecutive_losses_pause_hours": [1, 24, 720],
    "flatten_on_consecutive_losses": [False, True],
    "cooldown_seconds": [0, 900, 86400],
    "max_trades_per_day": [100, 10, 1],
    "max_orders": [100, 20, 1],
    "order_window_seconds": [1, 60, 86400],
    "max_api_errors": [15, 5, 1],
    "flatten_api_errors": [100, 16, 15],
    "api_error_window_seconds": [1, 300],
    "max_candle_delay_seconds": [300, 5, 0],
    "max_blind_seconds": [3600, 300],
    "min_liquidation_distance_fraction": [0.05, 0.15, 0.9],
    "break_even_trades": [None, 10],
    "break_even_z": [1.645, 0.0],
    "trading_hours_utc": [None, {"friday": ["08:00-16:00"], "saturday": ["00:00-12:00"]}],
}
chosen = st.fixed_dictionaries(
    {name: st.integers(0, len(values) - 1) for name, values in LIMITS.items()}
)


def profile_of(choice: dict[str, int]) -> RiskProfile:
    return RiskProfile(**{name: LIMITS[name][index] for name, index in choice.items()})


@settings(max_examples=60, deadline=None)
@given(history=histories(), first=chosen, second=chosen)
def test_a_stricter_profile_never_loosens_a_history(history, first, second) -> None:
    loose = profile_of({name: min(first[name], second[name]) for name in LIMITS})
    strict = profile_of({name: max(first[name], second[name]) for name in LIMITS})
    for snapshot in history:
        assert not looser(evaluate(snapshot, strict), evaluate(snapshot, loose))


def worsened(snapshot: AccountSnapshot, choice: str) -> AccountSnapshot:
    """The same account with one thing worse."""
    trades, positions = snapshot.closed_trades or (), snapshot.positions or ()
    equity = snapshot.equity_usd or 0.0
    match choice:
        case "less equity":
            return replace(snapshot, equity_usd=equity - 25)
        case "a higher peak":
            return replace(
                snapshot, high_water_equity_usd=(snapshot.high_water_equity_usd or 0) + 50
            )
        case "one more loss":
            # Larger than all before: it pushes one out of the sums of the latest trades.
            lost = 10.0 - min((one.profit_usd for one in trades), default=0.0)
            loss = _closed(BTC, -lost, snapshot.as_of, snapshot.as_of)
            return replace(snapshot, closed_trades=[*trades, loss], equity_usd=equity - lost)
        case "marks against it":
            marked = [
                replace(one, mark_price=(one.mark_price or 0) * (1 - one.side.sign * 0.1))
                for one in positions
            ]
            lost = sum((one.unrealised_usd or 0) for one in positions)
            lost -= sum((one.unrealised_usd or 0) for one in marked)
            return replace(snapshot, positions=marked, equity_usd=equity - lost)
        case "more errors":
            health = ApiHealth(error_times=[*snapshot.api_health.error_times, snapshot.as_of])
            return replace(snapshot, api_health=health)
        case "older data":
            return replace(snapshot, data_health=_data(snapshot.as_of, 9999))
        case "more orders":
            return replace(snapshot, order_times=[*snapshot.order_times, *[snapshot.as_of] * 20])
    raise AssertionError(choice)


WORSE = (
    "less equity",
    "a higher peak",
    "one more loss",
    "marks against it",
    "more errors",
    "older data",
    "more orders",
)


@settings(max_examples=80, deadline=None)
@given(history=histories(), choice=st.sampled_from(WORSE), limits=chosen)
def test_a_worse_history_never_loosens_the_verdict(history, choice: str, limits) -> None:
    profile = profile_of(limits)
    for snapshot in history:
        after = evaluate(worsened(snapshot, choice), profile)
        assert not looser(after, evaluate(snapshot, profile))


POISON = (None, float("nan"), float("inf"), float("-inf"))


@settings(max_examples=60, deadline=None)
@given(
    history=histories(),
    field=st.sampled_from(["equity_usd", "day_start_equity_usd", "high_water_equity_usd"]),
    bad=st.sampled_from(POISON),
)
def test_a_number_that_is_none_is_never_active(history, field: str, bad: float | None) -> None:
    for snapshot in history:
        found = evaluate(replace(snapshot, **{field: bad}), RiskProfile())
        assert found.mode is not Mode.ACTIVE
        assert not found.account.allows_entries


def reference(snapshot: AccountSnapshot, profile: RiskProfile) -> set[str]:
    """The rules that deny, found by reading everything."""
    now, trades = snapshot.as_of, list(snapshot.closed_trades or ())
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    denying = set()
    streak = 0
    for trade in trades:
        streak = streak + 1 if trade.profit_usd < 0 else 0
    if streak >= profile.max_consecutive_losses and (
        now - trades[-1].closed_at < timedelta(hours=profile.consecutive_losses_pause_hours)
    ):
        denying.add("consecutive_losses")
    opened: Iterable[datetime] = [one.opened_at for one in (*trades, *(snapshot.positions or ()))]
    if sum(moment >= midnight for moment in opened) >= profile.max_trades_per_day:
        denying.add("trades_per_day")
    window = timedelta(seconds=profile.order_window_seconds)
    if sum(now - moment < window for moment in snapshot.order_times or ()) >= profile.max_orders:
        denying.add("order_throttle")
    wait = timedelta(seconds=profile.cooldown_seconds)
    if any(now - trade.closed_at < wait for trade in trades):
        denying.add("cooldown")
    if _below_break_even(trades, profile):
        denying.add("break_even")
    return denying


def _below_break_even(trades: list[ClosedTrade], profile: RiskProfile) -> bool:
    """Whether the latest trades lost money by more standard errors of their sum than allowed."""
    latest = [trade.profit_usd for trade in trades[-(profile.break_even_trades or 0) :]]
    if len(latest) != profile.break_even_trades or not sum(latest) < 0:
        return False
    return -sum(latest) > profile.break_even_z * stdev(latest) * sqrt(len(latest))


def test_the_guards_agree_with_a_reference_that_reads_everything() -> None:
    watched = {
        "consecutive_losses", "trades_per_day", "order_throttle", "cooldown", "break_even",
    }  # fmt: skip
    agreed: Counter[tuple[str, bool]] = Counter()
    by_chance = 0

    @settings(max_examples=160, deadline=None)
    @given(history=histories(), limits=chosen)
    def agree(history: list[AccountSnapshot], limits: dict[str, int]) -> None:
        nonlocal by_chance
        profile = profile_of(limits)
        for snapshot in history:
            denied = {denial.rule for denial in evaluate(snapshot, profile).denials}
            expected = reference(snapshot, profile) & watched
            assert denied & watched == expected
            agreed.update((rule, rule in expected) for rule in watched)
            by_chance += "break_even" in reference(snapshot, any_loss_counts(profile)) - expected

    agree()
    assert set(agreed) == {(rule, denies) for rule in watched for denies in (True, False)}
    assert by_chance  # a loss that is too small against the spread of the trades


def any_loss_counts(profile: RiskProfile) -> RiskProfile:
    """The same profile, which calls any loss a loss."""
    return profile.model_copy(update={"break_even_z": 0.0})


@settings(max_examples=80, deadline=None)
@given(history=histories(), observations=st.integers(1, 4))
def test_what_has_acted_stays_and_nothing_acts_unconfirmed(history, observations: int) -> None:
    profile, state = RiskProfile(), LatchState()
    run: dict[tuple[str, str | None], int] = {}
    acting: dict[tuple[str, str | None], Verdict] = {}
    for snapshot in history:
        raw = evaluate(snapshot, profile)
        state, found = observe(state, raw, observations=observations)
        assert observations > 1 or not looser(found, raw)
        breaches = {(one.rule, one.pair): one for one in raw.denials if one.mode >= Mode.FLATTEN}
        run = {key: run.get(key, 0) + 1 if one.debounced else 0 for key, one in breaches.items()}
        expected = {
            key: one
            for key, one in breaches.items()
            if not one.debounced or run[key] >= observations or key in state.held
        }
        lasting = {
            key: one
            for key, one in acting.items()
            if one.mode is Mode.HALTED or one.until > snapshot.as_of
        }
        assert set(state.held) == set(lasting) | set(expected)
        if any(one.mode is Mode.HALTED for key, one in lasting.items() if key[1] is None):
            assert found.mode is Mode.HALTED
        if raw.mode is not Mode.ACTIVE:
            assert found.mode is not Mode.ACTIVE
        acting = dict(state.held)


@settings(max_examples=60, deadline=None)
@given(
    history=histories(),
    side=sides,
    distance=st.floats(0.001, 0.2),
    leverage=st.floats(1, 3),
    cap=st.floats(10, 1e5),
)
def test_an_entry_at_the_largest_stake_is_within_every_size_limit(
    history, side: Side, distance: float, leverage: float, cap: float
) -> None:
    profile = RiskProfile(max_position_usd=cap, max_exposure_usd=2 * cap)
    for snapshot in history:
        asked = request(
            BTC,
            side=side,
            stop_price=100 * (1 - side.sign * distance),
            target_price=None,
            leverage=leverage,
            correlations=dict.fromkeys(PAIRS, 0.0),
        )
        stake = min(
            largest_stake_usd(asked, snapshot, profile), planned_stake_usd(asked, snapshot, profile)
        )
        if stake <= 1e-6:
            continue
        sized = replace(asked, stake_usd=stake)
        found = evaluate_entry(sized, snapshot, profile, evaluation=Evaluation(snapshot.as_of))
        assert found.rule not in {"position_size", "exposure", "portfolio_heat", "risk_per_trade"}


@settings(deadline=None)
@given(st.sampled_from(["equity_usd", "positions", "closed_trades", "data_health"]))
def test_an_account_that_is_asked_twice_is_the_same(field: str) -> None:
    snapshot = replace(account(), **{field: None})
    assert evaluate(snapshot, RiskProfile()) == evaluate(snapshot, RiskProfile())
