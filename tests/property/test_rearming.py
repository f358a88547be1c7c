"""Re-arming never loosens more than it says: levels, probation and terminal drawdown together."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from plimsoll.bridge.account.levels import EquityLevels
from plimsoll.core import Mode
from plimsoll.risk import RiskProfile, evaluate
from plimsoll.risk.quiet import loss_floor_usd
from plimsoll.risk.rearming import is_terminal, moved_peak_usd, probation_until
from tests.unit.risk.accounts import ETH, account

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
marks = st.lists(st.floats(100.0, 2000.0), min_size=1, max_size=30)


@settings(max_examples=200, deadline=None)
@given(seen=marks, rearmed=st.sets(st.integers(0, 29)), confirm=st.booleans())
def test_no_re_arming_lowers_the_peak_and_it_is_never_below_the_high_water_mark(
    seen: list[float], rearmed: set[int], confirm: bool
) -> None:
    levels = EquityLevels(day_starts_at_hour_utc=0, confirm_highs=confirm)
    levels.begin(BEGIN, seen[0], seen[0])
    before = seen[0]
    for count, equity in enumerate(seen):
        if count in rearmed:
            levels.rearm()
        levels.observe(BEGIN + count * HOUR, equity)
        assert levels.peak_usd is not None
        assert levels.high_water_usd is not None
        assert levels.peak_usd >= before
        if not confirm:  # a running bot's first mark after a re-arming is not confirmed yet
            assert levels.peak_usd >= levels.high_water_usd
            assert levels.peak_usd >= max(seen[: count + 1])
        before = levels.peak_usd


@settings(max_examples=200, deadline=None)
@given(
    peak=st.floats(1.0, 1e9),
    share=st.floats(0.01, 1.0),
    moved=st.floats(-0.99, 10.0),
    limit=st.floats(0.01, 0.5),
)
def test_money_in_or_out_neither_reaches_nor_leaves_the_terminal_drawdown(
    peak: float, share: float, moved: float, limit: float
) -> None:
    profile = RiskProfile(terminal_drawdown_fraction=limit)
    equity = peak * share
    if abs((1 - share) - limit) < 1e-9:
        return  # rounding decides at the limit itself
    after = moved_peak_usd(peak, equity, equity * moved)
    reached = is_terminal(equity * (1 + moved), after, profile)
    assert reached is is_terminal(equity, peak, profile)


@settings(max_examples=200, deadline=None)
@given(
    hours=st.floats(0, 24 * 40),
    days=st.floats(0, 30),
    share=st.floats(0.05, 1.0),
    peak_hours=st.one_of(st.none(), st.floats(-100, 24 * 40)),
)
def test_stakes_are_smaller_exactly_while_a_probation_lasts(
    hours: float, days: float, share: float, peak_hours: float | None
) -> None:
    profile = RiskProfile(probation_days=days, probation_stake_fraction=share)
    peak_at = None if peak_hours is None else BEGIN + peak_hours * HOUR
    now = BEGIN + hours * HOUR
    seen = account(as_of=now, rearmed_at=BEGIN, peak_at=peak_at)
    until = probation_until(BEGIN, peak_at, profile)
    denials = evaluate(seen, profile, pairs=[ETH]).denials
    own = [one for one in denials if one.rule == "probation"]
    if until is None or now >= until:
        assert own == []
    else:
        (verdict,) = own
        assert (verdict.mode, verdict.multiplier) == (Mode.REDUCING, share)


@settings(max_examples=300, deadline=None)
@given(
    peak=st.floats(1.0, 1e6),
    high_share=st.floats(0.3, 1.0),
    equity_share=st.floats(0.2, 1.2),
    limit=st.floats(0.05, 0.5),
)
def test_above_the_floor_the_terminal_drawdown_halts_nothing(
    peak: float, high_share: float, equity_share: float, limit: float
) -> None:
    profile = RiskProfile(terminal_drawdown_fraction=limit)
    high = peak * high_share
    equity = high * equity_share
    floor = loss_floor_usd(high, high, profile, peak_usd=peak)
    seen = account(
        equity_usd=equity,
        day_start_equity_usd=high,
        high_water_equity_usd=high,
        peak_equity_usd=peak,
        positions=(),
    )
    if equity > floor:
        assert evaluate(seen, profile, pairs=()).mode < Mode.FLATTEN
