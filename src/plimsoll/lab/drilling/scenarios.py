"""The scenarios of the matrix: each guard and switch, and each step that a bot is killed at."""

from collections.abc import Callable, Mapping
from typing import Any

from plimsoll.lab.drilling.bot import DrilledBot
from plimsoll.lab.drilling.scenario import BLIND, BTC, FOUR, STALE, Act, Scenario, nothing
from plimsoll.lab.drilling.trips import (
    bad_model,
    climb,
    close_foreign,
    enter_by_hand,
    errors,
    exit_by_hand,
    falling,
    falling_by,
    flag,
    foreign_position,
    go_blind,
    halt_command,
    halt_in_config,
    halve,
    idle,
    lever,
    losing,
    lower_flag,
    mend_market,
    promise,
    rise,
    see_again,
    stale_candles,
    take_halt_out,
    trail,
)

CLOSING = (
    Scenario(
        name="manual_halt",
        rule="manual_halt",
        act=Act.HALT,
        how="the flag file is created",
        trip=flag,
        undo=lower_flag,
        reusable=True,
    ),
    Scenario(
        name="manual_halt (command)",
        rule="manual_halt",
        act=Act.HALT,
        how="`plimsoll halt`",
        trip=halt_command,
        undo=lower_flag,
        reusable=True,
    ),
    Scenario(
        name="manual_halt (config)",
        rule="manual_halt",
        act=Act.HALT,
        how="`halt: true` in the config and `/reload_config`",
        trip=halt_in_config,
        undo=take_halt_out,
    ),
    Scenario(
        name="drawdown",
        rule="drawdown",
        act=Act.HALT,
        how="prices fall",
        trip=falling(0.002),
        undo=rise,
        risk={"drawdown_reduce_fraction": 0.001, "drawdown_halt_fraction": 0.002},
        reusable=True,
    ),
    Scenario(
        name="terminal_drawdown",
        rule="terminal_drawdown",
        act=Act.HALT,
        how="prices fall",
        trip=falling(0.002),
        undo=rise,
        risk={"terminal_drawdown_fraction": 0.002},
        resume=("--beyond-terminal",),
    ),
    Scenario(
        name="daily_loss",
        rule="daily_loss",
        act=Act.FLATTEN,
        how="prices fall",
        trip=falling(0.002),
        undo=rise,
        risk={"max_daily_loss_fraction": 0.002},
    ),
    Scenario(
        name="consecutive_losses",
        rule="consecutive_losses",
        act=Act.FLATTEN,
        how="trades are closed at a loss",
        trip=losing(3, leave=1, in_a_row=True),
        risk={"max_consecutive_losses": 3, "flatten_on_consecutive_losses": True},
        pairs=FOUR,
        closes=1,
    ),
    Scenario(
        name="break_even",
        rule="break_even",
        act=Act.HALT,
        how="trades are closed at a loss",
        trip=losing(10, leave=1),
        risk={"break_even_trades": 10},
        pairs=FOUR,
        closes=1,
    ),
    Scenario(
        name="divergence",
        rule="divergence",
        act=Act.HALT,
        how="trades are closed at a loss, a backtest promised a profit",
        prepare=promise,
        trip=losing(5, leave=1),
        risk={"divergence_trades": 5, "divergence_z": 0},
        pairs=FOUR,
        closes=1,
    ),
    Scenario(
        name="api_errors",
        rule="api_errors",
        act=Act.FLATTEN,
        how="requests for the order book are refused",
        trip=errors,
        undo=mend_market,
        # A busy machine makes few requests in the five minutes that are the default.
        risk={"max_api_errors": 2, "flatten_api_errors": 5, "api_error_window_seconds": 1200},
        ends_itself=True,
    ),
    Scenario(
        name="blind guards",
        rule=BLIND,
        act=Act.FLATTEN,
        how="the guards' own loop raises for longer than `max_blind_seconds`",
        trip=go_blind,
        undo=see_again,
        risk=STALE,
        ends_itself=True,
    ),
    Scenario(
        name="liquidation_distance",
        rule="liquidation_distance",
        act=Act.PAIR,
        how="prices fall under leverage 3",
        prepare=lever,
        trip=falling_by(0.08, BTC),
        undo=rise,
        risk={"min_liquidation_distance_fraction": 0.28},
        pair=BTC,
        closes=1,
    ),
    Scenario(
        name="stale_data",
        rule="stale_data",
        act=Act.PAIR,
        how="candles stand still",
        trip=stale_candles,
        undo=mend_market,
        risk=STALE,
        pair=BTC,
        closes=1,
    ),
    Scenario(
        name="reconciliation",
        rule="reconciliation",
        act=Act.HALT,
        how="a position in a pair that is not the bot's",
        trip=foreign_position,
        undo=close_foreign,
        risk={"max_break_seconds": 300, "max_break_fraction": 0.0001},
    ),
)

PROBATION = Scenario(
    name="probation",
    rule="probation",
    act=Act.REDUCE,
    how="the account is halted and re-armed",
    trip=flag,
    undo=lower_flag,
    risk={"probation_days": 3, "probation_stake_fraction": 0.5},
)

MONDAY = {"trading_hours_utc": {"monday": ["08:00-09:00"]}}
HEAT = dict.fromkeys(
    ("max_portfolio_heat_fraction", "max_risk_per_trade_fraction", "fixed_risk_fraction"), 0.001
)
RISK = {"max_risk_per_trade_fraction": 0.0001, "fixed_risk_fraction": 0.0001}


def _denies(
    rule: str, how: str, risk: Mapping[str, Any], trip: Callable[[DrilledBot], None] = nothing
) -> Scenario:
    return Scenario(name=rule, rule=rule, act=Act.DENY, how=how, risk=risk, trip=trip)


DENYING: tuple[Scenario, ...] = (
    _denies("order_throttle", "a second order", {"max_orders": 1, "order_window_seconds": 86_400}),
    _denies("trades_per_day", "a second trade of the day", {"max_trades_per_day": 1}),
    _denies("trading_hours", "outside of its hours", MONDAY),
    Scenario(
        name="model_accuracy",
        rule="model_accuracy",
        act=Act.DENY,
        how="the strategy tells a model's accuracy",
        prepare=bad_model,
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


TRAILING = {"trailing_stop": True}
"""How a strategy of somebody else is asked to; the drill's own declares a distance."""


def _step(
    name: str,
    request: str,
    trip: Callable[[DrilledBot], None],
    how: str,
    *,
    trails: bool = False,
) -> Scenario:
    return Scenario(
        name=f"step: {name}",
        rule="",
        act=Act.STEP,
        how=how,
        trip=trip,
        prepare=trail if trails else idle,
        undo=lower_flag,
        request=request,
        pairs=(BTC,),
        config=TRAILING if trails else {},
    )


DENYING += (
    Scenario(
        name="leverage",
        rule="leverage",
        act=Act.DENY,
        how="an entry by hand with leverage 5",
        prepare=idle,
        entry={"leverage": 5},
    ),
    Scenario(
        name="cooldown",
        rule="cooldown",
        act=Act.DENY,
        how="the entry after an exit",
        trip=exit_by_hand,
        risk={"cooldown_seconds": 86_400},
    ),
)
SEND, CANCEL, STOP = "POST /fapi/v1/order", "DELETE /fapi/v1/algoOrder", "POST /fapi/v1/algoOrder"
STEPS = (
    _step("entry", SEND, enter_by_hand, "an entry is sent"),
    _step("stop", STOP, enter_by_hand, "its stop is placed"),
    _step("partial exit", SEND, halve, "half of it is sold; its stop stays as it is"),
    _step("trailing, cancel", CANCEL, climb, "the stop follows the price: cancelled", trails=True),
    _step("trailing, replace", STOP, climb, "the stop follows the price: placed anew", trails=True),
    _step("flatten, cancel", CANCEL, flag, "a halt cancels the stop"),
    _step("flatten, sell", SEND, flag, "a halt sells"),
)
"""Every request that moves money or takes its protection away; a bot is killed at each."""

SCENARIOS: dict[str, Scenario] = {one.name: one for one in (*CLOSING, PROBATION, *DENYING, *STEPS)}
