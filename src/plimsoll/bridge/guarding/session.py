"""The guards of one strategy: what a backtest and a running bot have in common."""

import logging
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import datetime
from math import isfinite
from typing import Any, TypeVar

import pandas as pd
from freqtrade.persistence import Order, Trade

from plimsoll.bridge.account.freqtrade_trades import side_of
from plimsoll.bridge.config.settings import PlimsollSettings
from plimsoll.bridge.guarding.entry import Pending, Wanted, ask, rules_of
from plimsoll.bridge.guarding.observing import ObservingSupervisor
from plimsoll.bridge.guarding.supervisor import Supervisor
from plimsoll.bridge.state.recorder import Record, silent
from plimsoll.core import Mode, ModelHealth, Verdict
from plimsoll.journal import messages
from plimsoll.journal.kind import Kind
from plimsoll.risk import EntrySize
from plimsoll.risk.guards.leverage import allowed_leverage

logger = logging.getLogger(__name__)
T = TypeVar("T")

Veto = Callable[[], str | None]

_NEVER = object()

EXCHANGE_ROUNDING = 0.7
"""Freqtrade raises a stake to the exchange's minimum from this share of it on."""


def no_veto() -> str | None:
    """Want the order."""
    return None


class Session:
    """What both kinds have in common: every answer is caught, recorded, and a denial on error."""

    in_memory = True

    def __init__(self, strategy: Any, settings: PlimsollSettings) -> None:
        self._strategy, self._settings = strategy, settings
        self._rules = rules_of(strategy)
        self._observes = settings.guards == "observe"
        self._pending: dict[str, Pending] = {}
        self._would_stake: dict[str, float] = {}
        self._denied_on: dict[tuple[str, str], datetime | object | None] = {}
        self.guards = True
        self.record: Record = silent
        self.supervisor: Supervisor | None = None

    @property
    def observes(self) -> bool:
        """Whether nothing is refused, cut or closed, whatever the guards say."""
        return self._observes

    def learn(self, pair: str, candles: pd.DataFrame) -> None:
        """Take the candles of a pair, before they are traded on."""

    def loop(self, now: datetime) -> None:
        """Let the guards look at the account."""
        raise NotImplementedError

    def rests(self, now: datetime) -> bool:
        """Return whether a loop would do nothing now, and need not be run."""
        return False

    def set_models(self, models: Sequence[ModelHealth]) -> None:
        """Tell the guards what the models' predictions were worth of late."""
        if self.supervisor is not None:
            self.supervisor.account.set_models(models)

    def exit_rule(self, pair: str, now: datetime) -> str | None:
        """Return the rule that wants a pair flat; ``None`` when none does, or it only observes."""
        if self.supervisor is None or self.observes:
            return None
        return self.supervisor.exit_reason(pair, now)

    @property
    def closes_something(self) -> bool:
        """Whether a position is, or would be, closed by a guard that does not only observe."""
        if self.supervisor is None or self.observes:
            return False
        return self.supervisor.closes_something

    @property
    def is_closing(self) -> bool:
        """Whether a position is open that is to be closed, as of the last loop."""
        return False

    def leverage(self, wanted: float, now: datetime, highest: float) -> float:
        """Return the leverage wanted, at most what the track record allows."""
        supervisor = self._require()
        if not isfinite(wanted):
            message = f"expected a leverage that is a number, found {wanted}"
            raise ValueError(message)
        if self.observes or not self.guards or wanted <= supervisor.profile.max_leverage:
            return min(wanted, highest)
        record = supervisor.account.track_record(now)
        return min(wanted, allowed_leverage(record, supervisor.profile), highest)

    def stake(self, wanted: Wanted, *, least: float) -> float:
        """Return the stake of an entry; 0 when it is denied, which is recorded."""
        if not self.guards:
            return wanted.stake_usd
        supervisor = self._require()
        if self._would_deny(wanted):
            return wanted.stake_usd
        pending = self._ask(wanted, supervisor)
        self._pending[wanted.pair] = pending
        size = pending.size(
            supervisor.profile, least_usd=least, raised_from_fraction=EXCHANGE_ROUNDING
        )
        allowed = self._allowed(size, pending)
        self._would_stake[wanted.pair] = allowed
        return wanted.stake_usd if self.observes else allowed

    def confirm(
        self, pair: str, *, amount: float, price: float, now: datetime, veto: Veto = no_veto
    ) -> bool:
        """Ask every guard about the order as it is about to be sent, and the strategy last.

        ``veto`` returns why the strategy does not want it after all; ``None`` when it does. Guards
        that only observe are asked for the record: the strategy's answer is the answer.
        """
        if not self.guards:
            return veto() is None
        pending = self._pending.pop(pair, None)
        if pending is None and self._would_stake.pop(pair, None) == 0.0:
            return veto() is None  # denied and on record, by guards that only observe
        pending = pending or self._replaced(pair, price, now)
        asked = pending.resized(amount * price / pending.request.leverage, price)
        return self._confirmed(asked, now, veto, self._as_sized(asked))

    def add(self, wanted: Wanted, *, least: float) -> float | None:
        """Return the stake to add to a position; ``None`` when it is denied."""
        if not self.guards:
            return wanted.stake_usd
        supervisor = self._require()
        if self._would_deny(wanted):
            return None
        pending = self._ask(wanted, supervisor)
        size = pending.size(supervisor.profile, planned=False, least_usd=least)
        stake = self._allowed(size, pending)
        if stake == 0:
            return None
        asked = pending.resized(stake, wanted.price)
        return stake if self._confirmed(asked, wanted.now, no_veto, asked) else None

    def _would_deny(self, wanted: Wanted) -> bool:
        """Return whether a backtest that would be halted is asked for an entry; record the denial.

        Nothing else of the account need be looked at for that: many entries follow such a halt.
        """
        supervisor = self._require()
        if not self.in_memory or not isinstance(supervisor, ObservingSupervisor):
            return False
        if (halt := supervisor.halted) is None:
            return False
        self._pending.pop(wanted.pair, None)
        self._would_stake[wanted.pair] = 0.0
        supervisor.deny(
            halt,
            wanted.now,
            pair=wanted.pair,
            side=wanted.side.value,
            stake_usd=wanted.stake_usd,
            tag=wanted.tag,
        )
        return True

    def _as_sized(self, asked: Pending) -> Pending | None:
        """Return the question that is judged: of guards that observe, with the stake they leave.

        ``None`` when they leave none, which is on record.
        """
        pair, stake = asked.request.pair, asked.request.stake_usd
        left = self._would_stake.pop(pair, stake)
        if not self.observes or left >= stake:
            return asked
        return asked.resized(left, asked.request.price) if left > 0 else None

    def _replaced(self, pair: str, price: float, now: datetime) -> Pending:
        """Return the question about a resting entry that is sent anew, at another price.

        Raises
        ------
        RuntimeError
            When no entry of the pair rests: a stake was not asked about, so none is confirmed.
        """
        trade = next(iter(Trade.get_trades_proxy(pair=pair, is_open=True)), None)
        if trade is None:
            message = f"no stake of {pair} was asked about"
            raise RuntimeError(message)
        wanted = Wanted(
            pair=pair,
            side=side_of(trade),
            now=now,
            price=price,
            stake_usd=trade.stake_amount,
            leverage=trade.leverage,
            tag=trade.enter_tag,
        )
        pending = self._ask(wanted, self._require())
        return pending if trade.amount else pending.without_resting()

    def leaving(
        self, trade: Trade, reason: str, price: float, amount: float, now: datetime
    ) -> None:
        """Record the order that closes a trade, or a part of it."""
        if self.supervisor is not None:
            self.supervisor.account.ordered(now)
        if self.record is silent:
            return
        self.record(
            Kind.ORDER,
            now,
            durable=True,
            pair=trade.pair,
            trade=trade.id,
            side=f"close {trade.trade_direction}",
            stake_usd=amount * price / trade.leverage,
            price=price,
            leverage=trade.leverage,
            tag=reason,
        )

    def filled(self, trade: Trade, order: Order, now: datetime) -> None:
        """Record a fill, and what a closed trade made."""
        if self.record is silent:
            return
        closes = order.ft_order_side != trade.entry_side
        # A backtest reports the fill first and closes the trade afterwards.
        closing = self.in_memory and order.safe_amount_after_fee == trade.amount
        ends = closes and (closing or not trade.is_open)
        self.record(
            Kind.FILL,
            now,
            durable=not ends,  # the record below reaches the disk after it, and so takes it along
            pair=trade.pair,
            trade=trade.id,
            side=order.ft_order_side,
            price=order.safe_price,
            amount=order.safe_filled,
            closes=closes,
        )
        if ends:
            profit_usd, profit_fraction = _made(trade, order.safe_price)
            self.record(
                Kind.EXIT,
                now,
                durable=True,
                pair=trade.pair,
                trade=trade.id,
                reason=trade.exit_reason,
                profit_usd=profit_usd,
                profit_fraction=profit_fraction,
            )

    def safely(self, denied: T, now: datetime, where: str, answer: Callable[[], T]) -> T:
        """Return an answer, or the denial when it cannot be found: a fault is never a go."""
        supervisor = self.supervisor
        mutex = None if supervisor is None else supervisor.mutex
        try:
            with mutex or nullcontext():
                return answer()
        except Exception as error:
            logger.exception("plimsoll: denied, because %s failed", where)
            self._failed(where, now, error)
            return denied

    def tolerate(self, where: str, now: datetime, run: Callable[[], T]) -> T | None:
        """Run what belongs to the strategy; what it raises is recorded and told, not raised.

        Returns
        -------
        Its answer; ``None`` when it has raised.
        """
        try:
            return run()
        except Exception as error:
            logger.exception("plimsoll: %s of the strategy failed", where)
            self._record_failed(where, now, error)
            if self.supervisor is not None:
                text = messages.strategy_failed(where, str(error))
                self.supervisor.say(text, now, where)
            return None

    def mended(self, broken: Sequence[str], now: datetime) -> None:
        """Say what the strategy's own code has replaced of what the guards rest on."""
        message = f"the strategy replaced {', '.join(dict.fromkeys(broken))}, which was put back"
        logger.warning("plimsoll: %s", message)
        self.record(Kind.ERROR, now, where="seal", message=message)

    def _record_failed(self, where: str, now: datetime, error: Exception) -> None:
        self.record(Kind.ERROR, now, where=where, message=f"{type(error).__name__}: {error}")

    def _failed(self, where: str, now: datetime, error: Exception) -> None:
        self._record_failed(where, now, error)
        if self.supervisor is not None:
            self.supervisor.say(messages.failed(where, str(error)), now, where)

    def spread_fraction(self, pair: str) -> float | None:
        """Return the spread of a pair; here the one that the costs assume."""
        return self._settings.costs.of_pair(pair).spread_bps / 10_000

    def mark_price(self, pair: str, now: datetime) -> float | None:
        """Return what a pair is worth now, apart from an order's price; ``None`` when unknown."""
        raise NotImplementedError

    def _require(self) -> Supervisor:
        if self.supervisor is None:
            message = "the guards have not looked at the account yet"
            raise RuntimeError(message)
        return self.supervisor

    def _ask(self, wanted: Wanted, supervisor: Supervisor) -> Pending:
        return ask(
            wanted,
            self._rules,
            supervisor,
            self._settings.costs,
            spread_fraction=self.spread_fraction(wanted.pair),
        )

    def _allowed(self, size: EntrySize, pending: Pending) -> float:
        """Return the stake of a size; 0 when it is denied, which is recorded."""
        if size.denial is not None:
            self._deny(self._require().fault(pending.request.pair) or size.denial, pending)
        return size.stake_usd

    def _judge(self, pending: Pending, now: datetime) -> bool:
        """Return whether the guards allow an order; that they do not is recorded."""
        supervisor = self._require()
        if supervisor.profile.max_price_deviation_fraction is not None:
            pending = pending.marked(self.mark_price(pending.request.pair, now))
        verdict = supervisor.judge(pending.request, pending.account, pending.evaluation)
        if not verdict.allows_entries:
            self._deny(verdict, pending)
        return verdict.allows_entries

    def _confirmed(
        self, pending: Pending, now: datetime, veto: Veto, judged: Pending | None
    ) -> bool:
        """Return whether an order is sent: as the guards say of ``judged``, then the strategy."""
        supervisor, request = self._require(), pending.request
        allowed = judged is not None and self._judge(judged, now)
        if not allowed and not self.observes:
            return False
        if (refusal := veto()) is not None:
            self._deny(Verdict(Mode.REDUCING, "strategy", refusal, pair=request.pair), pending)
            return False
        supervisor.account.ordered(now)
        self.record(
            Kind.ORDER,
            now,
            durable=True,
            pair=request.pair,
            side=request.side.value,
            stake_usd=request.stake_usd,
            price=request.price,
            leverage=request.leverage,
            stop_price=request.stop_price,
            target_price=request.target_price,
            tag=pending.tag,
        )
        return True

    def _deny(self, verdict: Verdict, pending: Pending) -> None:
        """Record a denial, once for each candle, pair and rule: a bot asks in every loop."""
        request, account = pending.request, pending.account
        watched = account.data_health.pairs if account.data_health is not None else {}
        data = watched.get(request.pair)
        candle = None if data is None else data.newest_candle_closed_at
        key = request.pair, verdict.rule
        if self._denied_on.get(key, _NEVER) == candle:
            return
        self._denied_on[key] = candle
        self._require().deny(
            verdict,
            account.as_of,
            pair=request.pair,
            side=request.side.value,
            stake_usd=request.stake_usd,
            tag=pending.tag,
        )


def _made(trade: Trade, price: float) -> tuple[float | None, float | None]:
    if not trade.is_open:
        return trade.close_profit_abs, trade.close_profit
    profit = trade.calculate_profit(price)
    return profit.total_profit, profit.total_profit_ratio
