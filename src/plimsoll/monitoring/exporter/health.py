"""Whether the bot lives, what the watchdog would find wrong, and what the exchange says."""

from dataclasses import dataclass
from datetime import datetime

from plimsoll.monitoring.conditions import (
    OF_THE_ACCOUNT,
    is_looping,
    judge,
    last_sign,
    market_now,
)
from plimsoll.monitoring.exporter.samples import Samples
from plimsoll.monitoring.memory import Memory
from plimsoll.monitoring.profile import Condition, WatchProfile
from plimsoll.monitoring.sight import AccountSight, Answer, BotSight, Sight

STATES = ("running", "paused", "stopped")
OF_THE_KEY = frozenset({Condition.BLIND, Condition.KEY_REFUSED, Condition.CLOCK_SKEW})


@dataclass(frozen=True, slots=True)
class BotLook:
    """What REST said, and then the time of the newest status, by the bot's clock."""

    bot: BotSight
    status_at: datetime | None = None

    @property
    def loop_seconds(self) -> float | None:
        """From the guards' look to the end of that loop; ``None`` while a newer one runs."""
        if self.bot.looped_at is None or self.status_at is None:
            return None
        seconds = (self.bot.looped_at - self.status_at).total_seconds()
        return seconds if seconds >= 0 else None


def bot_samples(
    sight: Sight | None, look: BotLook | None, profile: WatchProfile, memory: Memory
) -> Samples:
    """Return what one look at the bot says; of a bot that nobody could ask: that it is not up."""
    samples = Samples()
    if sight is None or look is None:
        samples.add("bot_up", 0.0)
        return samples
    bot, now = sight.bot, market_now(sight)
    sign = last_sign(bot)
    age = None if sign is None else (now - sign).total_seconds()
    if age is not None and age >= -profile.max_loop_age_seconds:  # beyond it is of a clock set back
        age = max(age, 0.0)
    alive = bot.answers
    if bot.answer is Answer.NOT_ASKED:
        alive = is_looping(sight, profile)
    samples.add("bot_up", float(alive))
    samples.add("bot_loop_age_seconds", age)
    if bot.answers:
        samples.one_of("bot_state", bot.state, STATES)
        samples.add("bot_loop_duration_seconds", look.loop_seconds)
        samples.add("bot_open_trades", None if bot.trades is None else float(len(bot.trades)))
        if bot.candle_at is not None and bot.timeframe_seconds is not None:
            closed = (now - bot.candle_at).total_seconds() - bot.timeframe_seconds
            samples.add("bot_candle_age_seconds", closed)
    judgement = judge(sight, profile, memory.high)
    found = {one.condition for one in judgement.faults}
    for condition in Condition:
        if condition in found or condition not in judgement.unseen | _not_watched(sight):
            samples.add("condition", float(condition in found), condition.value)
    return samples


def _not_watched(sight: Sight) -> frozenset[Condition]:
    """Return the conditions that nothing is known of, since nobody looks there."""
    none: frozenset[Condition] = frozenset()
    if sight.account is None:
        none |= OF_THE_ACCOUNT | OF_THE_KEY
    if sight.database is None:
        none |= {Condition.DATABASE_GONE}
    return none


def exchange_samples(sight: AccountSight, used_weight: float | None) -> Samples:
    """Return the account as the exchange has it."""
    samples, books = Samples(), sight.books
    samples.add("exchange_equity_usd", sight.equity_usd)
    samples.add("exchange_wallet_usd", books.wallet_usd)
    samples.add("exchange_margin_usd", books.margin_usd)
    samples.add("exchange_positions", float(len(books.positions)))
    samples.add("exchange_orders", float(len(books.orders)))
    samples.add("exchange_clock_skew_seconds", sight.skew_seconds)
    samples.add("exchange_used_weight", used_weight)
    return samples
