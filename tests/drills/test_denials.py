"""The entry that each guard refuses: its record in the decision log, and the answer of `why`."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from plimsoll.journal.phrases import rule_words
from tests.drills.evidence import Denied, EvidenceFolder
from tests.drills.scene import (
    BTC,
    ETH,
    STALE,
    backtest,
    download,
    moment,
    pass_time,
    profile,
    scene,
    status,
    why,
)
from tests.support.drill import Drill, DrillPlan

pytestmark = pytest.mark.freqtrade

OWN = "the bot's own entry"


def _nothing(bot: Drill) -> None:
    """Let the strategy's own signal ask."""


def _by_hand(bot: Drill) -> None:
    bot.force_enter(ETH)


def _leveraged_by_hand(bot: Drill) -> None:
    pass_time(bot, loops=4)  # before its first loop a bot denies everything
    bot.rest.forceenter(ETH, "long", leverage=5)


def _bad_model(bot: Drill) -> None:
    answers = {"name": "drill", "accuracy_fraction": 0.46, "predictions": 250}
    (bot.userdir / "model.json").write_text(json.dumps(answers), encoding="utf-8")


def _stale(bot: Drill) -> None:
    bot.fault("stale-candles", symbols=[ETH])
    pass_time(bot, candles=2.5)
    bot.force_enter(ETH)


ATTEMPTS = 5
"""Freqtrade asks once and retries four times before a request counts as failed."""


def _errors(bot: Drill) -> None:
    bot.fault("http-error", status=503, paths=["/fapi/v1/depth"], count=6 * ATTEMPTS)


def _close_by_hand(bot: Drill) -> None:
    bot.force_exit("all")


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A guard, the limits under which it refuses an entry, and what requests the entry."""

    rule: str
    risk: dict[str, Any] = field(default_factory=dict)
    ask: Callable[[Drill], None] = _nothing
    how: str = OWN
    first: Callable[[Drill], None] = _nothing
    pair: str = ETH
    locked: bool = False


# While BTC is open; ETH is asked about at every loop.
REFUSALS = [
    Refusal(rule="open_positions", risk={"max_open_positions": 1}),
    Refusal(rule="correlation", risk={"max_correlation": 0}),
    Refusal(rule="position_size", risk={"max_position_usd": 1}),
    Refusal(rule="exposure", risk={"max_exposure_usd": 10}),
    Refusal(
        rule="portfolio_heat",
        risk=dict.fromkeys(
            (
                "max_portfolio_heat_fraction",
                "max_risk_per_trade_fraction",
                "fixed_risk_fraction",
            ),
            0.001,
        ),
    ),
    Refusal(
        rule="risk_per_trade",
        risk={"max_risk_per_trade_fraction": 0.0001, "fixed_risk_fraction": 0.0001},
    ),
    Refusal(rule="price_collar", risk={"max_price_deviation_fraction": 1e-9}),
    Refusal(rule="spread", risk={"max_spread_fraction": 1e-7}),
    Refusal(rule="liquidity", risk={"max_liquidity_share_fraction": 1e-9}),
    Refusal(rule="round_trip_cost", risk={"min_target_to_cost": 1e6}),
    Refusal(rule="trades_per_day", risk={"max_trades_per_day": 1}),
    Refusal(rule="trading_hours", risk={"trading_hours_utc": {"monday": ["08:00-09:00"]}}),
    Refusal(rule="model_accuracy", ask=_bad_model, how="the strategy told its model's accuracy"),
    Refusal(rule="api_errors", ask=_errors, how="six refused requests for the book"),
    Refusal(rule="stale_data", risk=STALE, ask=_stale, how="candles stand still, `/forceenter`"),
    Refusal(
        rule="leverage",
        ask=_leveraged_by_hand,
        how="`/forceenter` with 5×",
        risk={"max_leverage": 3},
        locked=True,  # Freqtrade's own loop takes no entry then; one by hand passes its locks
    ),
]
FIRST = REFUSALS[0]
QUICK = ("open_positions", "position_size", "price_collar")


def _plan(risk: dict[str, Any]) -> DrillPlan:
    # An entry that its own risk already refuses would be denied by a different guard.
    return DrillPlan(strategy="TargetLong", stake_usd=800, speed=60, risk=risk)


def _refused(bot: Drill, refusal: Refusal, *, seen: int) -> Denied:
    """Wait for the denial of one guard; return it with the words of `why`."""

    def denials() -> list[dict[str, Any]]:
        wanted = (refusal.rule, refusal.pair)
        return [
            one for one in bot.decisions("denial")[seen:] if (one["rule"], one["pair"]) == wanted
        ]

    bot.wait_until(denials, what=f"a denial by {refusal.rule}")
    record = denials()[0]
    assert record["reason"]
    # Stale candles are the reason before any denial, once a candle of another pair is newer.
    stale = refusal.rule == "stale_data"
    words = "the data were stale: " if stale else f"denied by {refusal.rule}: "
    # A new candle may be on record whose denial is not, for as long as the bot asks its guards.
    answers: list[str] = []

    def says_why() -> bool:
        answers.append(why(bot, refusal.pair))
        return words in answers[-1]

    bot.wait_until(says_why, what=f"why to say {words}")
    return Denied(
        guard=refusal.rule,
        pair=refusal.pair,
        value=record["value"],
        limit=record["limit"],
        reason=record["reason"],
        why=answers[-1],
        how=refusal.how,
    )


def _restarted(bot: Drill, risk: dict[str, Any]) -> None:
    """Restart the bot with another profile: a reload takes Freqtrade's Telegram ten seconds."""
    layer = bot.folder / "drill.json"
    config = json.loads(layer.read_text())
    config["plimsoll"] = {**config["plimsoll"], "risk": risk}
    layer.write_text(json.dumps(config))
    bot.restart()


def test_a_denied_entry_says_why_and_a_forced_one_is_refused(
    tmp_path: Path, save: EvidenceFolder
) -> None:
    refusals = [one for one in REFUSALS if one.rule in QUICK]
    with scene(tmp_path, _plan(profile(**refusals[0].risk))) as bot:
        bot.wait_for_positions(1)
        save(refusals[0].rule, _refused(bot, refusals[0], seen=0))
        told = bot.telegram.wait_for("No long entry in ETH/USDT. ")
        assert rule_words(refusals[0].rule).lower() in told.seen.lower()
        assert "error" in bot.force_enter(ETH)
        answer = bot.force_enter(BTC)  # an addition by hand would pass every guard by
        assert "already open" in answer["error"]
        assert len(bot.rows("SELECT * FROM orders")) == 1
        for refusal in refusals[1:]:
            seen = len(bot.decisions("denial"))
            _restarted(bot, profile(**refusal.risk))
            save(refusal.rule, _refused(bot, refusal, seen=seen))


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_each_guard_refuses_its_entry(tmp_path: Path, save: EvidenceFolder) -> None:
    with scene(tmp_path, _plan(profile(**FIRST.risk))) as bot:
        bot.wait_for_positions(1)
        assert [row["pair"] for row in bot.trades()] == [BTC]
        seen = 0
        for refusal in REFUSALS:
            # Nothing but the limit asked about may let ETH in meanwhile.
            if refusal.locked:
                bot.rest.lock_add(ETH, "2026-01-01 00:00:00Z", reason="by hand")
            refusal.first(bot)
            if refusal is not FIRST:
                _restarted(bot, _held_back(refusal))
            refusal.ask(bot)
            save(refusal.rule, _refused(bot, refusal, seen=seen))
            bot.mend()
            (bot.userdir / "model.json").unlink(missing_ok=True)
            seen = len(bot.decisions("denial"))
        assert len(bot.trades()) == 1


def _held_back(refusal: Refusal) -> dict[str, Any]:
    """Return the profile of a refusal; one without a limit of its own keeps ETH out by another."""
    own_limit = refusal.ask is _nothing or refusal.locked
    return profile(**({} if own_limit else FIRST.risk), **refusal.risk)


@pytest.mark.slow
def test_the_throttle_refuses_the_second_order(tmp_path: Path, save: EvidenceFolder) -> None:
    risk = profile(max_orders=1, order_window_seconds=3600)
    refusal = Refusal(
        rule="order_throttle", how="one order an hour allowed, the second pair's entry"
    )
    with scene(tmp_path, _plan(risk)) as bot:
        bot.wait_for_positions(1)
        save(refusal.rule, _refused(bot, refusal, seen=0))


@pytest.mark.slow
def test_the_cooldown_refuses_the_next_entry(tmp_path: Path, save: EvidenceFolder) -> None:
    refusal = Refusal(rule="cooldown", how="closed by hand, the next signal's entry", pair=BTC)
    with scene(tmp_path, _plan(profile(cooldown_seconds=900))) as bot:
        bot.wait_for_positions(2)
        _close_by_hand(bot)
        denied = _refused(bot, refusal, seen=0)
        bot.wait_until(lambda: len(bot.trades(is_open=True)) == 2, what="entries after the wait")
        closed = bot.trades(is_open=False)[0]
        again = next(row for row in bot.trades(is_open=True) if row["pair"] == closed["pair"])
        assert _between(closed["close_date"], again["open_date"]) >= 900
    save(refusal.rule, denied)


def _between(one: str, other: str) -> float:
    return (moment(other) - moment(one)).total_seconds()


@pytest.mark.slow
def test_a_drawdown_halves_the_next_stake(tmp_path: Path) -> None:
    risk = profile(drawdown_reduce_fraction=0.02, drawdown_halt_fraction=0.15, max_open_positions=1)
    with scene(tmp_path, _plan(risk)) as bot:
        bot.wait_for_positions(1)
        bot.pause()
        bot.move(-0.3, pairs=(BTC,), seconds=600)
        bot.wait_until(lambda: status(bot)["mode"] == "REDUCING", what="a reduced account")
        _close_by_hand(bot)
        bot.wait_until(lambda: not bot.trades(is_open=True), what="flat by hand")
        bot.resume()
        again = bot.wait_for_positions(1)[0]
        # Half of what the config asks for, and then whole lots.
        assert 0.42 * bot.plan.stake_usd < again["stake_amount"] <= 0.5 * bot.plan.stake_usd


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_each_guard_refuses_its_entry_in_a_backtest_too(
    tmp_path: Path, save: EvidenceFolder
) -> None:
    known = [one for one in REFUSALS if one.ask is _nothing]
    known += [
        Refusal(rule="order_throttle", risk={"max_orders": 1, "order_window_seconds": 3600}),
        Refusal(rule="cooldown", risk={"cooldown_seconds": 900}),
    ]
    with scene(tmp_path, _plan(profile()), start=False) as bot:
        download(bot)
        end = bot.now()
        for refusal in known:
            own = {"stoploss": -0.002} if refusal.rule == "cooldown" else {}
            section = {"risk": profile(**refusal.risk)}
            name, start = f"backtest-{refusal.rule}", end - timedelta(hours=6)
            records = backtest(bot, start, end, name=name, plimsoll=section, **own)
            denials = [one for one in records if one["kind"] == "denial"]
            denials = [one for one in denials if one["rule"] == refusal.rule]
            assert denials, refusal.rule
            first = next((one for one in denials if one["value"] is not None), denials[0])
            save(
                f"{refusal.rule}-backtest",
                Denied(
                    guard=refusal.rule,
                    pair=first["pair"],
                    value=first["value"],
                    limit=first["limit"],
                    reason=first["reason"],
                    why="",
                    how="backtest",
                ),
            )
