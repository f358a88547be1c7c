"""How each guard is made to trip, from outside of the bot."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any

from plimsoll.lab.drill_bot import ask
from plimsoll.lab.drilling.bot import DrilledBot

BTC, ETH, SOL, XRP = (f"{base}/USDT:USDT" for base in ("BTC", "ETH", "SOL", "XRP"))
FOUR = (BTC, ETH, SOL, XRP)
TWO = (BTC, ETH)
LEAST_FALL, MOST_FALL = 0.02, 0.30
REASON = "drill"
FOREIGN = "SOLUSDT"
NEVER_STALE = {"max_candle_delay_seconds": 3600, "max_blind_seconds": 86_400}
"""At 120 times real time a second's hiccup of the machine makes candles two minutes late."""
STALE = {"max_candle_delay_seconds": 240, "max_blind_seconds": 300}
WIDE: dict[str, Any] = {
    "max_daily_loss_fraction": 0.1,
    "drawdown_reduce_fraction": 0.14,
    "drawdown_halt_fraction": 0.15,
    "terminal_drawdown_fraction": 0.5,
    "probation_days": 0,
    "max_consecutive_losses": 20,
    "break_even_trades": None,
    "cooldown_seconds": 0,
    "max_trades_per_day": 10_000,
    "max_orders": 1_000,
    "max_open_positions": 20,
    "max_risk_per_trade_fraction": 0.05,
    "fixed_risk_fraction": 0.05,
    "max_correlation": 1,
    "max_price_deviation_fraction": 0.1,
    "max_spread_fraction": 0.05,
    "min_target_to_cost": 1,
    "max_api_errors": 1_000,
    "flatten_api_errors": 1_000,
    "reconcile_seconds": 15,
    **NEVER_STALE,
}
"""Limits out of each other's way; a scenario narrows the one that it is about."""


class Act(StrEnum):
    """What a guard does when it trips."""

    HALT = "halts"
    FLATTEN = "flattens"
    PAIR = "flattens a pair"
    DENY = "denies"
    STEP = "is killed at a step"


def _nothing(bot: DrilledBot) -> None:
    """Leave everything as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One guard or switch, the profile in which it is the nearest, and what makes it trip.

    Attributes
    ----------
    rule
        The rule that must be on record: the guard's name.
    risk, overlay
        What its bot's config has over the wide profile, and over the rest.
    trip
        What is done from outside; ``undo`` puts the market back when the row is over.
    pair, closes
        The pair that it is about, where it is about one; how many positions it closes.
    reusable
        Whether what it measured ends with a resume, so that the next row may go on with its bot.
    resume
        More words for ``plimsoll resume``.
    request
        The request at which a bot is killed, in a scenario that is a step.
    entry
        More options of the entries that are forced.
    """

    name: str
    rule: str
    act: Act
    how: str
    trip: Callable[[DrilledBot], None] = _nothing
    prepare: Callable[[DrilledBot], None] = _nothing
    undo: Callable[[DrilledBot], None] = _nothing
    risk: Mapping[str, Any] = field(default_factory=dict)
    overlay: Mapping[str, Any] = field(default_factory=dict)
    pairs: tuple[str, ...] = TWO
    pair: str | None = None
    closes: int = 2
    reusable: bool = False
    resume: tuple[str, ...] = ()
    request: str = ""
    entry: Mapping[str, Any] = field(default_factory=dict)

    def profile(self) -> dict[str, Any]:
        """Return the limits of its bot."""
        return {**WIDE, **self.risk}


def fall_needed(bot: DrilledBot, limit: float) -> float:
    """Return by how much prices must fall so that the account loses three times a limit."""
    equity = float(bot.status().get("equity_usd") or 0.0)
    stakes = [float(row["stake_amount"]) * float(row["leverage"] or 1) for row in _open(bot)]
    if equity <= 0 or not stakes:
        return LEAST_FALL
    return min(max(3 * limit * equity / sum(stakes), LEAST_FALL), MOST_FALL)


def _open(bot: DrilledBot) -> list[dict[str, Any]]:
    return bot.trades(is_open=True)


def _falling(limit: float, pairs: tuple[str, ...] | None = None) -> Callable[[DrilledBot], None]:
    def trip(bot: DrilledBot) -> None:
        fall(bot, fall_needed(bot, limit), pairs)

    return trip


def fall(bot: DrilledBot, fraction: float, pairs: tuple[str, ...] | None = None) -> None:
    """Let prices fall within two loops; they stay there."""
    options: dict[str, object] = {"magnitude": -fraction, "duration_seconds": 60.0}
    if pairs is not None:
        options["symbols"] = list(pairs)
    bot.exchange.venue.start_scenario("move", **options)
    bot.fallen_fraction, bot.fallen_pairs = fraction, pairs


def _rise(bot: DrilledBot) -> None:
    """Let prices rise to where they fell from."""
    if fraction := bot.fallen_fraction:
        options: dict[str, object] = {"magnitude": fraction / (1 - fraction)}
        if bot.fallen_pairs is not None:
            options["symbols"] = list(bot.fallen_pairs)
        bot.exchange.venue.start_scenario("move", duration_seconds=1.0, **options)
        bot.fallen_fraction = 0.0


def _flag(bot: DrilledBot) -> None:
    bot.state.set_halt(REASON)


def _lower_flag(bot: DrilledBot) -> None:
    bot.state.clear_halt()


def _halt_command(bot: DrilledBot) -> None:
    bot.run("halt", "--reason", REASON, "--wait", "1")


def _halt_in_config(bot: DrilledBot) -> None:
    section = {**bot.overlay.get("plimsoll", {}), "halt": True}
    bot.configure({**bot.overlay, "plimsoll": section})
    ask(bot.rest.reload_config)


def _take_halt_out(bot: DrilledBot) -> None:
    section = {**bot.overlay.get("plimsoll", {}), "halt": False}
    bot.configure({**bot.overlay, "plimsoll": section})


def _losing(count: int, leave: int) -> Callable[[DrilledBot], None]:
    """Close so many trades at the loss of their costs, and leave some open."""

    def trip(bot: DrilledBot) -> None:
        closed = len(bot.trades(is_open=False))
        while (left := count - (len(bot.trades(is_open=False)) - closed)) > 0:
            bot.wait(lambda: len(_filled(bot)) > leave, "positions to lose with")
            for row in _filled(bot)[leave:][:left]:
                ask(partial(bot.rest.forceexit, row["id"]))
            bot.pass_loops(1)

    return trip


def _filled(bot: DrilledBot) -> list[dict[str, Any]]:
    return [row for row in _open(bot) if row["amount"] and row["open_rate"]]


def _errors(bot: DrilledBot) -> None:
    bot.exchange.fault("http-error", status=503, paths=["/fapi/v1/depth"], count=60)


def _stale_candles(bot: DrilledBot) -> None:
    bot.exchange.fault("stale-candles", symbols=[BTC])


def _foreign_position(bot: DrilledBot) -> None:
    bot.exchange.order(FOREIGN, "BUY", "10")


def _close_foreign(bot: DrilledBot) -> None:
    if bot.exchange_side().positions.get(FOREIGN):
        bot.exchange.order(FOREIGN, "SELL", "10", reduce_only=True)


def _lever(bot: DrilledBot) -> None:
    (bot.userdir / "leverage").write_text("3", encoding="utf-8")


def _bad_model(bot: DrilledBot) -> None:
    answers = {"name": "drill", "accuracy_fraction": 0.46, "predictions": 250}
    (bot.userdir / "model.json").write_text(json.dumps(answers), encoding="utf-8")


def _promise(bot: DrilledBot) -> None:
    promised = {
        "source": "drill",
        "trades": 200,
        "mean_profit_fraction": 0.004,
        "profit_std_fraction": 0.01,
        "win_rate_fraction": 0.58,
    }
    file = bot.folder / "expectation.json"
    file.write_text(json.dumps(promised), encoding="utf-8")
    section = {**bot.overlay.get("plimsoll", {}), "expectation_file": str(file)}
    bot.configure({**bot.overlay, "plimsoll": section})


CLOSING = (
    Scenario(
        name="manual_halt",
        rule="manual_halt",
        act=Act.HALT,
        how="the flag file is created",
        trip=_flag,
        undo=_lower_flag,
        reusable=True,
    ),
    Scenario(
        name="manual_halt (command)",
        rule="manual_halt",
        act=Act.HALT,
        how="`plimsoll halt`",
        trip=_halt_command,
        undo=_lower_flag,
        reusable=True,
    ),
    Scenario(
        name="manual_halt (config)",
        rule="manual_halt",
        act=Act.HALT,
        how="`halt: true` in the config and `/reload_config`",
        trip=_halt_in_config,
        undo=_take_halt_out,
    ),
    Scenario(
        name="drawdown",
        rule="drawdown",
        act=Act.HALT,
        how="prices fall",
        trip=_falling(0.002),
        undo=_rise,
        risk={"drawdown_reduce_fraction": 0.001, "drawdown_halt_fraction": 0.002},
        reusable=True,
    ),
    Scenario(
        name="terminal_drawdown",
        rule="terminal_drawdown",
        act=Act.HALT,
        how="prices fall",
        trip=_falling(0.002),
        undo=_rise,
        risk={"terminal_drawdown_fraction": 0.002},
        resume=("--beyond-terminal",),
    ),
    Scenario(
        name="daily_loss",
        rule="daily_loss",
        act=Act.FLATTEN,
        how="prices fall",
        trip=_falling(0.002),
        undo=_rise,
        risk={"max_daily_loss_fraction": 0.002},
    ),
    Scenario(
        name="consecutive_losses",
        rule="consecutive_losses",
        act=Act.FLATTEN,
        how="trades are closed at a loss",
        trip=_losing(3, leave=1),
        risk={"max_consecutive_losses": 3, "flatten_on_consecutive_losses": True},
        pairs=FOUR,
        closes=1,
    ),
    Scenario(
        name="break_even",
        rule="break_even",
        act=Act.HALT,
        how="trades are closed at a loss",
        trip=_losing(10, leave=1),
        risk={"break_even_trades": 10},
        pairs=FOUR,
        closes=1,
    ),
    Scenario(
        name="divergence",
        rule="divergence",
        act=Act.HALT,
        how="trades are closed at a loss, a backtest promised a profit",
        prepare=_promise,
        trip=_losing(5, leave=1),
        risk={"divergence_trades": 5, "divergence_z": 0},
        pairs=FOUR,
        closes=1,
    ),
    Scenario(
        name="api_errors",
        rule="api_errors",
        act=Act.FLATTEN,
        how="requests for the order book are refused",
        trip=_errors,
        risk={"max_api_errors": 2, "flatten_api_errors": 5},
    ),
    Scenario(
        name="liquidation_distance",
        rule="liquidation_distance",
        act=Act.PAIR,
        how="prices fall under leverage 3",
        prepare=_lever,
        trip=_falling(1.0, (BTC,)),
        undo=_rise,
        risk={"min_liquidation_distance_fraction": 0.25},
        pair=BTC,
        closes=1,
    ),
    Scenario(
        name="stale_data",
        rule="stale_data",
        act=Act.PAIR,
        how="candles stand still",
        trip=_stale_candles,
        risk=STALE,
        pair=BTC,
        closes=1,
    ),
    Scenario(
        name="reconciliation",
        rule="reconciliation",
        act=Act.HALT,
        how="a position in a pair that is not the bot's",
        trip=_foreign_position,
        undo=_close_foreign,
        risk={"max_break_seconds": 60, "break_settling_seconds": 0, "max_break_fraction": 0.0001},
    ),
)

MONDAY = {"trading_hours_utc": {"monday": ["08:00-09:00"]}}
HEAT = dict.fromkeys(
    ("max_portfolio_heat_fraction", "max_risk_per_trade_fraction", "fixed_risk_fraction"), 0.001
)
RISK = {"max_risk_per_trade_fraction": 0.0001, "fixed_risk_fraction": 0.0001}


def _denies(
    rule: str, how: str, risk: Mapping[str, Any], trip: Callable[[DrilledBot], None] = _nothing
) -> Scenario:
    return Scenario(name=rule, rule=rule, act=Act.DENY, how=how, risk=risk, trip=trip)


DENYING = (
    _denies("order_throttle", "a second order", {"max_orders": 1, "order_window_seconds": 86_400}),
    _denies("trades_per_day", "a second trade of the day", {"max_trades_per_day": 1}),
    _denies("trading_hours", "outside of its hours", MONDAY),
    Scenario(
        name="model_accuracy",
        rule="model_accuracy",
        act=Act.DENY,
        how="the strategy tells a model's accuracy",
        prepare=_bad_model,
    ),
    _denies("position_size", "1 USD allowed", {"max_position_usd": 1}),
    _denies("exposure", "10 USD allowed", {"max_exposure_usd": 10}),
    _denies("open_positions", "one is open", {"max_open_positions": 1}),
    _denies("portfolio_heat", "a tenth of a per cent allowed", HEAT),
    _denies("risk_per_trade", "a hundredth of a per cent allowed", RISK),
    _denies("correlation", "a second pair", {"max_correlation": 0}),
    _denies("price_collar", "no distance allowed", {"max_price_deviation_fraction": 1e-9}),
    _denies("spread", "no spread allowed", {"max_spread_fraction": 1e-7}),
    _denies("liquidity", "no share allowed", {"max_liquidity_share_fraction": 1e-9}),
    _denies("round_trip_cost", "a million times its cost", {"min_target_to_cost": 1e6}),
)


def _idle(bot: DrilledBot) -> None:
    """Let the strategy wish for nothing; what is entered is forced."""
    (bot.userdir / "idle").touch()


def _exit_by_hand(bot: DrilledBot) -> None:
    bot.wait(lambda: len(_filled(bot)) == len(bot.setup.pairs), "positions")
    ask(partial(bot.rest.forceexit, "all"))


def _enter_by_hand(bot: DrilledBot) -> None:
    for pair in bot.setup.pairs:
        bot.force_entry(pair)


def _halve_by_hand(bot: DrilledBot) -> None:
    for row in _filled(bot):
        ask(partial(bot.rest.forceexit, row["id"], "market", row["amount"] / 2))


def _step(name: str, request: str, trip: Callable[[DrilledBot], None], how: str) -> Scenario:
    prepare = _idle
    return Scenario(
        name=f"step: {name}",
        rule="",
        act=Act.STEP,
        how=how,
        trip=trip,
        prepare=prepare,
        undo=_lower_flag,
        request=request,
        pairs=(BTC,),
    )


DENYING += (
    Scenario(
        name="leverage",
        rule="leverage",
        act=Act.DENY,
        how="an entry by hand with leverage 5",
        prepare=_idle,
        entry={"leverage": 5},
    ),
    Scenario(
        name="cooldown",
        rule="cooldown",
        act=Act.DENY,
        how="the entry after an exit",
        trip=_exit_by_hand,
        risk={"cooldown_seconds": 86_400},
    ),
)
SEND, CANCEL, STOP = "POST /fapi/v1/order", "DELETE /fapi/v1/algoOrder", "POST /fapi/v1/algoOrder"
STEPS = (
    _step("entry", SEND, _enter_by_hand, "an entry is sent"),
    _step("stop", STOP, _enter_by_hand, "its stop is placed"),
    _step("partial exit, cancel", CANCEL, _halve_by_hand, "its stop is cancelled"),
    _step("partial exit, sell", SEND, _halve_by_hand, "half of it is sold"),
    _step("partial exit, stop", STOP, _halve_by_hand, "a new stop is placed"),
    _step("flatten, cancel", CANCEL, _flag, "a halt cancels the stop"),
    _step("flatten, sell", SEND, _flag, "a halt sells"),
)
"""Every request that moves money or takes its protection away; a bot is killed at each."""

SCENARIOS: dict[str, Scenario] = {one.name: one for one in (*CLOSING, *DENYING, *STEPS)}
