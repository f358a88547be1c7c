"""Drive Freqtrade's own loop on a stepped clock: where it would sleep, time is moved."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import time_machine

from plimsoll.bridge.freqtrade.command_line import refuse, running_command
from plimsoll.bridge.freqtrade.replay_instants import (
    PathAhead,
    minute_instants,
    next_instant,
    next_look,
    tick_instants,
)
from plimsoll.bridge.freqtrade.venue_clock import LOOPBACK_HOSTS
from plimsoll.bridge.freqtrade.venue_steps import VenueSteps
from plimsoll.core import PlimsollError

if TYPE_CHECKING:
    from plimsoll.bridge.freqtrade.replay_speed import Also

logger = logging.getLogger(__name__)

MINUTE, TICK, PROBE = "minute", "tick", "probe"
NAP_SECONDS = 0.01
THROTTLE_MS = 5_000
"""Freqtrade's own pause between two loops."""
UNKNOWN = PathAhead([(0, 1.0), (2**63, 2.0)])
"""The path of a pair whose own was not asked for: it may move at any moment."""
ENDED = "The replay has come to its end."


class ReplayClock(logging.Handler):
    """A log handler that puts ``freqtrade trade`` on the stepped clock of a simulated venue.

    ``plimsoll replay`` names it in the last layer of the bot's config. The process then lives in
    the venue's time, which stands still while a loop works; where Freqtrade's worker would sleep,
    the clock moves to the next instant instead. At ``until_ms`` the bot is ended as by Ctrl-C.
    Other commands, and any address but loopback, are refused.

    Parameters
    ----------
    url
        The venue's base address; its clock has to be a stepped one.
    until_ms
        The first instant that is not replayed any more.
    realism
        ``minute``: an instant a minute. ``tick``: a second after a candle's open, at the extremes
        of each pair's path in it, and at its close. ``probe``: also where the path comes to a
        stop, a liquidation, an ROI or the limit of an open order.
    plain
        Whether Freqtrade's slow parts stay as they are.
    adjust_seconds
        The bot also looks so often while a position is open that its strategy may adjust; 0 for
        never. At which price it would is known to the strategy alone.
    """

    also: "Also | None" = None
    """What else is replaced for speed, beside Freqtrade's slow parts."""

    def __init__(
        self,
        url: str,
        until_ms: int,
        realism: str,
        plain: bool = False,  # noqa: FBT001, FBT002 - named in a config
        adjust_seconds: int = 0,
    ) -> None:
        super().__init__()
        try:
            if urlsplit(url).hostname not in LOOPBACK_HOSTS:
                raise PlimsollError(f"expected a venue on loopback, found {url}")
            if realism not in (MINUTE, TICK, PROBE):
                raise PlimsollError(f'expected realism minute, tick or probe, found "{realism}"')
            if running_command() != "trade":
                raise PlimsollError("only freqtrade trade can be replayed")
            if not _driven:
                driver = Driver(
                    VenueSteps(url),
                    until_ms,
                    realism,
                    is_lazy=not plain,
                    adjust_ms=adjust_seconds * 1000,
                )
                _driven.append(driver.take_over(self.also))
        except PlimsollError as error:
            refuse(error)

    def emit(self, record: logging.LogRecord) -> None:
        """Emit nothing: this handler exists for its construction."""


_driven: list["Driver"] = []


class Driver:
    """Moves the time of this process and of the venue together.

    A lazy one moves the venue's clock only when the bot is about to ask the venue something; what
    happens there does not depend on how often it is looked at.
    """

    def __init__(
        self,
        venue: VenueSteps,
        until_ms: int,
        realism: str,
        *,
        is_lazy: bool = False,
        adjust_ms: int = 0,
    ) -> None:
        self._venue, self._until_ms, self._realism = venue, until_ms, realism
        self._is_lazy, self._adjust_ms = is_lazy, adjust_ms
        self._now_ms = self._venue_ms = venue.now_ms()
        self._at_end: list[Callable[[], None]] = []
        self._end_ms = 0
        self._due: list[int] = []
        self._paths: dict[str, PathAhead] = {}
        self._awaited: set[int] = set()
        self._real_sleep = time.sleep
        self._traveller: Any = None

    def take_over(self, also: "Also | None" = None) -> "Driver":
        """Stop this process's clock at the venue's now and take the place of what sleeps."""
        self._traveller = time_machine.travel(self._now_ms / 1000, tick=False).start()
        # Not before: what it imports may look at the clock.
        from freqtrade.worker import Worker

        driver = self

        def between_loops(worker: Worker, sleep_duration: float) -> None:
            """Stand in for ``Worker._sleep``: the next instant comes at once."""
            del sleep_duration
            driver.next_loop(worker.freqtrade)

        Worker._sleep = between_loops  # type: ignore[method-assign,assignment]  # noqa: SLF001
        time.sleep = self.sleep  # type: ignore[assignment]
        if self._is_lazy:
            from plimsoll.bridge.freqtrade.replay_speed import replace_slow_parts

            replace_slow_parts(self._at_end.append, self.catch_up, also)
        logger.info("Replaying from %s.", datetime.fromtimestamp(self._now_ms / 1000, UTC))
        return self

    def sleep(self, seconds: float) -> None:
        """Let simulated time pass in the bot's own thread; nap for real in any other.

        Freqtrade sleeps before it asks a failing exchange again: that is part of the run.
        """
        if threading.current_thread() is not threading.main_thread():
            self._real_sleep(min(seconds, NAP_SECONDS))
        elif seconds > 0:
            self._move_to(self._now_ms + max(round(seconds * 1000), 1))

    def next_loop(self, bot: Any) -> None:
        """Move to the next instant at which the bot looks; end it when there is none."""
        at = self._next(bot)
        while at is None and self._end_ms < self._until_ms:
            self._read_candle(bot)
            at = self._next(bot)
        at = self._with_adjustments(bot, self._with_stops(bot, at))
        if at is None or at >= self._until_ms:
            self._move_to(self._until_ms)
            for act in self._at_end:
                act()
            self.catch_up()
            logger.info(ENDED)
            raise KeyboardInterrupt
        self._move_to(at)

    def _next(self, bot: Any) -> int | None:
        watched = self._levels(bot) if self._realism == PROBE else {}
        return next_instant(self._now_ms, self._due, self._paths, watched)

    def _with_stops(self, bot: Any, at: int | None) -> int | None:
        """Return an instant, or one earlier when a new position still has no stop.

        Freqtrade places it in the loop after the fill: real money waits seconds for it, and is
        not to wait for the next extreme of a candle. In a dry-run only loops look at stops.
        """
        if bot.config["dry_run"]:
            return at
        from freqtrade.persistence import Trade

        from plimsoll.bridge.freqtrade.replay_levels import unprotected

        new = unprotected(Trade.get_open_trades(), bot.strategy) - self._awaited
        if not new:
            return at
        self._awaited |= new
        soon = self._now_ms + THROTTLE_MS
        return soon if at is None else min(at, soon)

    def _with_adjustments(self, bot: Any, at: int | None) -> int | None:
        """Return an instant, or one earlier while there is a position that may be adjusted."""
        if not self._adjust_ms or not bot.strategy.position_adjustment_enable:
            return at
        from freqtrade.exchange import timeframe_to_seconds
        from freqtrade.persistence import Trade

        held = {one.pair for one in Trade.get_open_trades() if one.has_open_position}
        candle_ms = timeframe_to_seconds(bot.strategy.timeframe) * 1000
        paths = [self._paths.get(pair, UNKNOWN) for pair in held]
        soon = next_look(self._now_ms, self._adjust_ms, candle_ms, paths)
        return min((one for one in (at, soon) if one is not None), default=None)

    def _levels(self, bot: Any) -> dict[str, Any]:
        from freqtrade.persistence import Trade

        from plimsoll.bridge.freqtrade.replay_levels import levels_of

        now = datetime.fromtimestamp(self._now_ms / 1000, UTC)
        return levels_of(Trade.get_open_trades(), bot.strategy, now)

    def _read_candle(self, bot: Any) -> None:
        """Find the instants of the candle that holds now, or of the next when it is done."""
        from freqtrade.exchange import timeframe_to_seconds

        length_ms = timeframe_to_seconds(bot.strategy.timeframe) * 1000
        open_ms = max(self._now_ms // length_ms * length_ms, self._end_ms)
        self._end_ms = open_ms + length_ms
        if self._realism == MINUTE:
            self._due = minute_instants(open_ms, self._end_ms)
            return
        pairs = sorted({*bot.active_pair_whitelist, *_held()})
        self._paths = self._venue.paths(pairs, open_ms, self._end_ms) if pairs else {}
        self._due = tick_instants(open_ms, self._end_ms, self._paths.values())

    def catch_up(self) -> None:
        """Move the venue's clock to the bot's now."""
        if self._venue_ms < self._now_ms:
            self._venue_ms = self._venue.move(self._now_ms - self._venue_ms)

    def _move_to(self, at_ms: int) -> None:
        if at_ms <= self._now_ms:
            return
        self._now_ms = at_ms
        if not self._is_lazy:
            self.catch_up()
        if self._traveller is not None:
            self._traveller.move_to(self._now_ms / 1000, tick=False)


def _held() -> set[str]:
    from freqtrade.persistence import Trade

    return {trade.pair for trade in Trade.get_open_trades()}
