"""A running bot as one of a fleet: it tells the others, hears them, and shares one halt."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from plimsoll.bridge.account.closed_trades import ClosedTrades
from plimsoll.bridge.account.live import LiveAccount
from plimsoll.bridge.account.peers import PeerBooks, heard_books, told_books
from plimsoll.bridge.account.reconciler import Reconciler
from plimsoll.bridge.config.fleet_file import read_fleet
from plimsoll.bridge.config.settings import PlimsollSettings
from plimsoll.bridge.guarding.fleet_reports import (
    UNREADABLE,
    heard_report,
    heard_window,
    told_levels,
    told_position,
    told_window,
    wallet_of,
    whose_money,
)
from plimsoll.bridge.guarding.supervisor import Supervisor
from plimsoll.bridge.state.fleet_folder import BOOKS, LEVELS, REPORT, FleetFolder, halt_in
from plimsoll.bridge.state.folder import Request
from plimsoll.candles.windows import correlation
from plimsoll.core import AccountSnapshot, EntryRequest, Mode, PlimsollError, Position, Verdict
from plimsoll.risk.evaluate import Evaluation, strictest
from plimsoll.risk.fleet import (
    RULE,
    BotReport,
    FleetLevels,
    FleetView,
    fleet_entry,
    fleet_evaluation,
    fleet_view,
    followed,
    halt_of,
    joined,
    rebased,
)
from plimsoll.risk.latch import Key
from plimsoll.risk.trading_day import day_start

logger = logging.getLogger(__name__)

KEY = (RULE, None)


class FleetSupervisor(Supervisor):
    """A supervisor that asks the fleet about every entry, and ends its halt when all may go on."""

    fleet: "FleetWatch"

    def release_one(self, key: Key, now: datetime, request: Request) -> bool:
        """Re-arm what one rule holds, as `resume` does all; return whether it took place."""
        return self._rearm(now, [key], request)

    def judge(
        self, request: EntryRequest, account: AccountSnapshot, evaluation: Evaluation
    ) -> Verdict:
        """Return the stricter of what the bot's own guards say, and what the fleet's do."""
        own = super().judge(request, account, evaluation)
        return strictest((own, self.fleet.judge(request, account, self)))


class FleetWatch:
    """Asks the guards about all bots of a fleet together, and obeys a halt of any of them.

    Parameters
    ----------
    config, settings
        Of this bot.
    account, closed, reconciler
        What it knows of its own account.

    Raises
    ------
    PlimsollError
        When the fleet's file cannot be read or does not name this bot, or another one has its name.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        settings: PlimsollSettings,
        account: LiveAccount,
        closed: ClosedTrades,
        reconciler: Reconciler | None,
    ) -> None:
        self._me = settings.fleet.bot
        self._file = Path(config.get("user_data_dir", "user_data")) / settings.fleet.file
        self._fleet = read_fleet(self._file)
        if self._me not in self._fleet.names:
            raise PlimsollError(
                f"expected plimsoll.fleet.bot to be one of {', '.join(self._fleet.names)}, as "
                f"{self._file} names them, found {self._me!r}"
            )
        if settings.guards != "enforce":
            raise PlimsollError("expected guards that enforce in a bot of a fleet, found observe")
        self._money = reconciler if reconciler and reconciler.counts_money else None
        self._whose = whose_money(config, self._me, books=self._money is not None)
        self._wallet = wallet_of(config) if reconciler else self._whose
        self._observations = settings.risk.live_breach_observations
        self._account, self._closed, self._reconciler = account, closed, reconciler
        self.folder = FleetFolder(self._fleet.state_folder(self._file))
        try:
            self.folder.claim(self._me, self._fleet.name)
        except OSError as error:
            raise PlimsollError(f"the fleet's folder cannot be written: {error}") from None
        if reconciler is not None:
            reconciler.peers = self.peers
        self._levels = FleetLevels()
        self._view: FleetView | None = None
        self._evaluation: Evaluation | None = None
        self._breaches = 0
        self._tried: set[str] = set()

    @property
    def name(self) -> str:
        """The fleet's name."""
        return self._fleet.name

    @property
    def _others(self) -> list[str]:
        return [name for name in self._fleet.names if name != self._me]

    # In every loop

    def begin_loop(self, supervisor: FleetSupervisor, now: datetime) -> None:
        """Tell the books of this bot, and obey what the fleet holds, before the account is seen.

        Raises
        ------
        OSError
            When the fleet's folder cannot be written.
        """
        self.obey(supervisor, now)
        if self._reconciler is not None:
            self._closed.read()
            books = told_books(self._reconciler.own_books(now))
            self.folder.write(BOOKS, self._me, {"account": self._wallet, **books})

    def end_loop(self, supervisor: FleetSupervisor, now: datetime) -> None:
        """Report, ask the guards about all bots, and halt every one on a breach.

        Raises
        ------
        OSError
            When the fleet's folder cannot be written.
        """
        self._report(supervisor, now)
        fleet, hour = self._fleet, self._fleet.risk.day_starts_at_hour_utc
        view = fleet_view(
            fleet.names,
            self._reports(fleet.names),
            now,
            max_age_seconds=fleet.max_report_age_seconds,
        )
        if (fault := self._file_fault()) is not None:
            view = FleetView(as_of=now, equity_usd=None, positions=None, faults=(fault,))
        self._levels = followed(self._known_levels(view), view, starts_at_hour_utc=hour)
        self.folder.write(LEVELS, self._me, asdict(self._levels))
        self._view = view
        self._evaluation = fleet_evaluation(view, self._levels, fleet.risk)
        self._act_on(halt_of(self._evaluation), supervisor, now)
        self.obey(supervisor, now)

    def obey(self, supervisor: FleetSupervisor, now: datetime) -> None:
        """Hold what the fleet holds; end it here once a person has ended it for all."""
        halts, held = self.folder.halts(), supervisor.held.get(KEY)
        if halts:
            if held is None:
                first = halts[0]
                verdict = Verdict(Mode.HALTED, RULE, first.words(self.name))
                supervisor.hold(verdict, now)
            return
        if held is None:
            return
        number = halt_in(held.reason) or sha256(held.reason.encode()).hexdigest()[:12]
        ended = [one for one in self.folder.rearms() if number in one.ends]
        if not ended:  # the folder was lost: what one bot still holds is held by all
            self.folder.raise_halt(now, self._me, held.reason, halt_id=number)
        elif ended[-1].id not in self._tried:
            self._tried.add(ended[-1].id)
            supervisor.release_one(KEY, now, Request(ended[-1].reason, ended[-1].by))

    def status(self) -> dict[str, Any]:
        """Return what the bot's status says of its fleet."""
        view, levels = self._view, self._levels
        return {
            "fleet": {
                "name": self.name,
                "bot": self._me,
                "equity_usd": None if view is None else view.equity_usd,
                "day_start_equity_usd": levels.day_usd,
                "high_water_equity_usd": levels.high_usd,
                "faults": [] if view is None else list(view.faults),
            }
        }

    # When an entry is asked about

    def judge(
        self, request: EntryRequest, own: AccountSnapshot, supervisor: FleetSupervisor
    ) -> Verdict:
        """Return the verdict about an entry beside all other bots."""
        if self._evaluation is None or self._view is None:
            return Verdict(
                Mode.REDUCING, RULE, "the fleet was not looked at yet", pair=request.pair
            )
        reports = self._reports(self._others)
        others: list[Position] = []
        for name, report in reports.items():
            if isinstance(report, str) or report.positions is None:
                return Verdict(Mode.REDUCING, RULE, f"{name} is not known", pair=request.pair)
            if report.account == self._whose and request.pair in {
                one.pair for one in report.positions
            }:
                reason = f"{name} holds {request.pair} on the same account"
                return Verdict(Mode.REDUCING, RULE, reason, pair=request.pair)
            others += report.positions
        count = self._fleet.risk.correlation_candles

        def correlation_with(pair: str) -> float | None:
            own_window = supervisor.account.window(request.pair, own.as_of, count)
            windows = [heard_window(self.folder, name, pair) for name in self._others]
            found = next((one for one in windows if one is not None), None)
            return correlation(own_window, found, least_candles=count // 2)

        return fleet_entry(
            request,
            own,
            others,
            self._evaluation,
            self._levels,
            self._view.equity_usd,
            self._fleet.risk,
            correlation_with=correlation_with,
        )

    def peers(self) -> list[PeerBooks | None]:
        """Return the books of the other bots on this account; ``None`` for one that is unknown."""
        found: list[PeerBooks | None] = []
        for name in self._others:
            try:
                values = self.folder.read(BOOKS, name)
                if values is None:
                    found.append(None)
                elif values["account"] == self._wallet:
                    found.append(heard_books(name, values))
            except UNREADABLE as error:
                logger.warning("plimsoll: the books of %s cannot be read: %s", name, error)
                found.append(None)
        return found

    # How

    def _act_on(self, breach: Verdict | None, supervisor: FleetSupervisor, now: datetime) -> None:
        """Halt every bot on a breach; where that cannot be written, this one, which tries on."""
        if breach is None or self.folder.halts():
            self._breaches = 0
            return
        self._breaches += 1
        if breach.debounced and self._breaches < self._observations:
            return
        reason = f"{breach.rule}: {breach.reason}"
        try:
            self.folder.raise_halt(now, self._me, reason, value=breach.value, limit=breach.limit)
        except OSError:
            words = f"fleet {self.name}, by {self._me}: {reason}"
            supervisor.hold(Verdict(Mode.HALTED, RULE, words), now)
            raise
        logger.warning("plimsoll: fleet %s is halted: %s", self.name, reason)

    def _report(self, supervisor: FleetSupervisor, now: datetime) -> None:
        seen = self._account.seen
        equity = None if seen is None else seen.equity_usd
        starting = None if seen is None else seen.starting_balance_usd
        capital = starting if self._money is None else self._money.capital.usd
        known = equity is not None and starting is not None
        positions = None if seen is None else seen.positions
        told = None if positions is None else list(map(told_position, positions))
        self.folder.write(
            REPORT,
            self._me,
            {
                "name": self._me,
                "fleet": self._fleet.digest,
                "account": self._whose,
                "as_of": now.isoformat(),
                "capital_usd": capital,
                "profit_usd": (equity or 0.0) - (starting or 0.0) if known else None,
                "mode": supervisor.mode.name,
                "positions": told,
                "windows": self._windows(supervisor, positions or (), now),
            },
        )

    def _windows(
        self, supervisor: FleetSupervisor, positions: Any, now: datetime
    ) -> dict[str, dict[str, list[float]]]:
        """Return the latest closes of what is held, by which others know what moves alike."""
        risk = self._fleet.risk
        if risk.max_correlation >= 1:
            return {}
        count = risk.correlation_candles
        windows = {one.pair: supervisor.account.window(one.pair, now, count) for one in positions}
        return {pair: told_window(window) for pair, window in windows.items() if window is not None}

    def _reports(self, names: Sequence[str]) -> dict[str, BotReport | str]:
        digest = self._fleet.digest
        return {name: heard_report(self.folder, name, digest) for name in names}

    def _known_levels(self, view: FleetView) -> FleetLevels:
        """Return what is measured from at this look: of this bot and of the others, the strictest.

        Its own last mark is also that of before a restart.
        """
        epoch, told = self.folder.epoch, dict[str, FleetLevels]()
        for name in self._fleet.names:
            try:
                values = self.folder.read(LEVELS, name)
                if values is not None:
                    told[name] = told_levels(values)
            except UNREADABLE as error:
                logger.warning("plimsoll: the levels of %s cannot be read: %s", name, error)
        own = self._levels if self._levels.bots else told.get(self._me, self._levels)
        if own.epoch != epoch:
            own = FleetLevels(epoch=epoch)
        own, *others = (rebased(one, view) for one in (own, *told.values()))
        today = day_start(view.as_of, starts_at_hour_utc=self._fleet.risk.day_starts_at_hour_utc)
        both = joined([own, *others], epoch, today=today)
        return replace(both, last_usd=own.last_usd, capital_usd=own.capital_usd, bots=own.bots)

    def _file_fault(self) -> str | None:
        """Return why the fleet's file is not what this bot runs by; ``None`` while it is."""
        try:
            if read_fleet(self._file) == self._fleet:
                return None
        except PlimsollError as error:
            return str(error)
        return f"{self._file} has changed: /reload_config each bot"


def begin_fleet(bot: FleetSupervisor | None, now: datetime) -> Exception | None:
    """Begin a loop; return what failed: raised at once, it would keep the bot's guards blind."""
    try:
        if bot is not None:
            bot.fleet.begin_loop(bot, now)
    except Exception as error:  # noqa: BLE001 - raised once the bot's own guards have looked
        return error
    return None


def member_of(watch: FleetWatch | None, supervisor: Supervisor) -> FleetSupervisor | None:
    """Let a supervisor ask its fleet, and return it; ``None`` where there is no fleet."""
    if watch is None or not isinstance(supervisor, FleetSupervisor):
        return None
    supervisor.fleet = watch
    return supervisor


def fleet_watch(
    strategy: Any,
    settings: PlimsollSettings,
    account: LiveAccount,
    closed: ClosedTrades,
    reconciler: Reconciler | None,
) -> FleetWatch | None:
    """Return the watch of the fleet that a bot's config names; ``None`` where it names none.

    Raises
    ------
    PlimsollError
        As a `FleetWatch`, and when only one of the two settings is there.
    """
    fleet = settings.fleet
    if not fleet.file and not fleet.bot:
        return None
    if not fleet.file or not fleet.bot:
        raise PlimsollError("expected both plimsoll.fleet.file and plimsoll.fleet.bot, found one")
    return FleetWatch(strategy.config, settings, account, closed, reconciler)
