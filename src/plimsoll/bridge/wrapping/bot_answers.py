"""What a running bot asks of a strategy and no backtest does, or does otherwise."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

import pandas as pd
from freqtrade.strategy.strategy_wrapper import strategy_safe_wrapper

from plimsoll.bridge.guarding.session import Session
from plimsoll.bridge.wrapping.callbacks import reads_trade_itself
from plimsoll.bridge.wrapping.watch import Watch

Signal = tuple[bool, bool, str | None]

NO_SIGNAL: Signal = (False, False, None)


class BotAnswers:
    """Answers between an entry and its exit, where Freqtrade confirms nothing with a strategy.

    A backtest confirms an entry that is sent anew; a running bot does not, nor the price of an
    addition. What a strategy raises before its exits are asked for would leave them unasked.
    """

    session: Session | None
    _watch: Watch | None

    def _own(self, name: str) -> Any:
        raise NotImplementedError

    def _look(self, now: datetime, watch: Watch | None = None) -> None:
        raise NotImplementedError

    @reads_trade_itself
    def adjust_order_price(self, **asked: Any) -> float | None:
        """Take a new price of what rests; an entry stays at its own where guards deny the new."""
        resting, session, now = asked["current_order_rate"], self.session, asked["current_time"]
        wanted: float | None = self._price("adjust_order_price", resting, asked)
        if session is None or not asked["is_entry"] or not wanted or wanted == resting:
            return wanted
        trade, order, price = asked["trade"], asked["order"], wanted

        def allowed() -> bool:
            worth = order.safe_remaining * order.safe_price
            return session.confirm(trade.pair, amount=worth / price, price=price, now=now)

        return price if session.safely(False, now, "new price", allowed) else resting  # noqa: FBT003

    @reads_trade_itself
    def custom_entry_price(self, **asked: Any) -> float:
        """Take the strategy's price; of an addition, which nobody confirms, inside the collar."""
        market, session, now = asked["proposed_rate"], self.session, asked["current_time"]
        wanted: float = self._price("custom_entry_price", market, asked)
        if session is None or asked.get("trade") is None:
            return wanted
        bounded = partial(_in_collar, session, asked["pair"], wanted, market, now)
        return session.safely(market, now, "price", bounded)

    def analyze(self, pairs: list[str]) -> None:
        """Analyse nothing while the whole account is closed: it takes time, and may end the bot."""
        if self.session is None or not _closes_all(self.session):
            watch = self._watch
            self._own("analyze")(pairs)
            self._look(datetime.now(UTC), watch)

    def gather_informative_pairs(self) -> list[Any]:
        """Take the pairs that the strategy wants beside; none on an error, which ends no loop.

        Freqtrade asks before the guards have looked at the account. At a start it is an error.
        """
        session, own = self.session, self._own("gather_informative_pairs")
        if session is None or session.supervisor is None:
            return list(own())
        return session.tolerate("informative pairs", datetime.now(UTC), own) or []

    def get_exit_signal(
        self, pair: str, timeframe: str, dataframe: pd.DataFrame, **asked: Any
    ) -> Signal:
        """Take the strategy's signals; none while a guard closes, and none on an error."""
        session, now = self.session, datetime.now(UTC)
        own = partial(self._own("get_exit_signal"), pair, timeframe, dataframe, **asked)
        if session is None:
            return own()
        if session.exit_rule(pair, now) is not None:
            return NO_SIGNAL
        return session.tolerate("exit signals", now, own) or NO_SIGNAL

    def _price(self, name: str, default: float, asked: dict[str, Any]) -> Any:
        own = self._own(name)
        return strategy_safe_wrapper(own, default_retval=default, supress_error=True)(**asked)


def _closes_all(session: Session) -> bool:
    """Return whether positions are open, all of which are to be closed: nothing can be entered."""
    supervisor = session.supervisor
    held = {} if supervisor is None else supervisor.held
    return session.is_closing and any(pair is None for _, pair in held)


def _in_collar(session: Session, pair: str, wanted: float, market: float, now: datetime) -> float:
    """Return the price nearest to a wanted one that is no further from the mark than allowed.

    The market's where there is no mark.
    """
    supervisor = session.supervisor
    limit = None if supervisor is None else supervisor.profile.max_price_deviation_fraction
    if limit is None:
        return wanted
    mark = session.mark_price(pair, now)
    return market if mark is None else min(max(wanted, mark * (1 - limit)), mark * (1 + limit))
