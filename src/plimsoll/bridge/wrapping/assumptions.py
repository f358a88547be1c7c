"""What the guards assume of a strategy that does not say it, and what that makes of its stakes."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from freqtrade.strategy import IStrategy

from plimsoll.bridge.config.settings import PlimsollSettings
from plimsoll.bridge.guarding.entry import NO_STOP_FRACTION, FreqtradeStop, rules_of

logger = logging.getLogger(__name__)

UNLIMITED = "unlimited"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """What stakes of one strategy are sized by.

    Attributes
    ----------
    stop_fraction
        Loss at the stop over the stake, before fees; ``None`` where a stop is declared and read
        at each entry. 1 without a stop: the whole stake is at risk.
    largest_stake_fraction
        The largest stake over equity that the risk of a trade leaves; ``None`` with a declared
        stop.
    usual_stake_fraction
        The stake over equity that the config asks for; ``None`` where the strategy's own code
        decides.
    lines
        All of it in words, one sentence a line.
    cuts
        Which guards' limits would cut or deny nearly every entry, in words with the figures.
    """

    stop_fraction: float | None
    largest_stake_fraction: float | None
    usual_stake_fraction: float | None
    lines: Sequence[str]
    cuts: Sequence[str]


def assumptions_of(strategy: Any, settings: PlimsollSettings) -> Assumptions:
    """Return what the guards assume of a strategy that Freqtrade has loaded."""
    if not isinstance(rules_of(strategy), FreqtradeStop):
        line = "stakes and heat are sized by the stop that it declares, read at each entry"
        return Assumptions(
            stop_fraction=None,
            largest_stake_fraction=None,
            usual_stake_fraction=None,
            lines=(line,),
            cuts=_slots(strategy, settings),
        )
    stop = -float(strategy.stoploss)
    is_none = stop >= NO_STOP_FRACTION
    stop = 1.0 if is_none else stop
    largest = _largest(stop, settings, has_stop=not is_none)
    usual = _usual(strategy)
    return Assumptions(
        stop_fraction=stop,
        largest_stake_fraction=largest,
        usual_stake_fraction=usual,
        lines=(_stop_words(strategy, stop, is_none=is_none),),
        cuts=(*_cut_words(stop, largest, usual, settings), *_slots(strategy, settings)),
    )


def say_assumptions(strategy: Any, settings: PlimsollSettings) -> None:
    """Say at a start what guards a strategy has, and what is assumed of it."""
    assumed, name = assumptions_of(strategy, settings), type(strategy).__name__
    for line in assumed.lines:
        logger.info("plimsoll: %s, guards %s: %s", name, settings.guards, line)
    for cut in assumed.cuts:
        logger.warning("plimsoll: %s: %s", name, cut)


def _largest(stop: float, settings: PlimsollSettings, *, has_stop: bool) -> float:
    risk = settings.risk
    share = risk.max_risk_per_trade_fraction
    if has_stop and risk.sizing == "fixed_fraction":
        share = min(share, risk.fixed_risk_fraction)
    return share / (stop + 2 * settings.costs.fill_fraction)


def _usual(strategy: Any) -> float | None:
    """Return the share of equity that the config's stake is; ``None`` where code decides."""
    if type(strategy).custom_stake_amount is not IStrategy.custom_stake_amount:
        return None
    config, wallets = strategy.config, strategy.wallets
    amount, trades = config.get("stake_amount"), float(strategy.max_open_trades)
    if amount == UNLIMITED:
        share = float(config.get("tradable_balance_ratio", 1.0))
        return share / trades if isfinite(trades) and trades > 0 else share
    if wallets is None or not isinstance(amount, int | float):
        return None
    balance = float(wallets.get_starting_balance())
    return float(amount) / balance if balance > 0 else None


def _stop_words(strategy: Any, stop: float, *, is_none: bool) -> str:
    if is_none:
        return (
            f"its stoploss is {strategy.stoploss:g}, which is none: a trade's whole stake counts "
            "as its risk"
        )
    tightened = [
        name
        for name, is_on in (
            ("custom_stoploss", strategy.use_custom_stoploss),
            ("the trailing stop", strategy.trailing_stop),
        )
        if is_on
    ]
    verb = "tighten" if len(tightened) > 1 else "tightens"
    only = f"; {' and '.join(tightened)} only {verb} it" if tightened else ""
    if strategy.use_custom_stoploss and strategy._ft_stop_uses_after_fill:  # noqa: SLF001 - Freqtrade says it nowhere else
        only = "; custom_stoploss may widen it after a fill, for which no stake is cut"
    return f"stakes and heat are sized by its stoploss, {stop:.4g} of the stake{only}"


def _cut_words(
    stop: float, largest: float, usual: float | None, settings: PlimsollSettings
) -> list[str]:
    if usual is not None and usual <= largest:
        return []
    asks = "custom_stake_amount decides" if usual is None else f"stake_amount asks for {usual:.1%}"
    risk = min(settings.risk.max_risk_per_trade_fraction, settings.risk.fixed_risk_fraction)
    if usual is None and largest >= settings.risk.max_position_fraction:
        return []
    text = (
        f"risk_per_trade leaves a stake of at most {largest:.1%} of equity, and {asks}: a loss of "
        f"{risk:.1%} of equity at a stop of {stop:.1%} (plimsoll.risk.max_risk_per_trade_fraction "
        "and fixed_risk_fraction)"
    )
    return [text]


def _slots(strategy: Any, settings: PlimsollSettings) -> list[str]:
    limit, wanted = settings.risk.max_open_positions, strategy.max_open_trades
    if wanted <= limit:
        return []
    text = (
        f"open_positions allows {limit} positions (plimsoll.risk.max_open_positions), and "
        f"max_open_trades is {wanted:g}"
    )
    return [text]
