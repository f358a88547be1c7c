"""What a strategy may say beside its rules: a hook for each callback that the base answers itself.

This module defines the class and nothing else: hyperopt pickles a strategy's base modules by
value, so an enum or dataclass defined beside it would be another object in each worker.
"""

import logging
from datetime import datetime

from freqtrade.constants import ListPairsWithTimeframes
from freqtrade.persistence import Order, Trade

from plimsoll.bridge.strategies.rules import RuleStrategy
from plimsoll.core import Side


class HookedStrategy(RuleStrategy):
    """The hooks of a strategy, each with the answer of one that does not implement it."""

    _informative: ListPairsWithTimeframes | None = None

    def gather_informative_pairs(self) -> ListPairsWithTimeframes:
        """Name the pairs that the strategy reads beside its own.

        Freqtrade asks in each loop, before the guards, and an error there would end the bot.
        Once the pairs are known those of before are read then.
        """
        try:
            self._informative = super().gather_informative_pairs()
        except Exception:
            if self._informative is None:
                raise
            logging.getLogger(__name__).exception("plimsoll: those of before are read")
        return self._informative

    def desired_stake(self, pair: str, side: Side, proposed_stake: float, now: datetime) -> float:
        """Return the stake (margin, in the stake currency) that the strategy would take."""
        return proposed_stake

    def desired_leverage(self, pair: str, side: Side, now: datetime) -> float:
        """Return the leverage that the strategy would take."""
        return 1.0

    def veto_entry(self, pair: str, side: Side, price: float, now: datetime) -> str | None:
        """Return why the strategy itself does not take an entry; None to take it."""
        return None

    def adjust_position(
        self, trade: Trade, now: datetime, price: float, profit_fraction: float
    ) -> float | None:
        """Return a stake to add (positive) or to take off (negative); None for no change.

        It is asked only where a subclass implements it.
        """
        return None

    def exit_reason(
        self, trade: Trade, now: datetime, price: float, profit_fraction: float
    ) -> str | None:
        """Return why to close a trade now; None to keep it."""
        return None

    def veto_exit(self, trade: Trade, reason: str, now: datetime) -> bool:
        """Return whether to refuse an exit of the strategy's own.

        Against a stop, a liquidation, a person or a guard it does not hold, which is recorded.
        """
        return False

    def on_start(self) -> None:
        """Do what a strategy does once, when the bot or the backtest starts."""

    def on_loop(self, now: datetime) -> None:
        """Do what a strategy does in every loop, after the guards have been asked."""

    def on_fill(self, trade: Trade, order: Order, now: datetime) -> None:
        """Do what a strategy does when an order was filled."""
