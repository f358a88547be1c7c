"""One drill of the whole way: a crash halts the bot, its death follows, people hear of both.

``play`` notes when each alert passed each station, and which alerts had no cause.
"""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plimsoll.lab.processes import wait_until
from plimsoll.lab.telegram.service import TelegramService
from tests.metrics.dashboards import BOARDS, Panel, Shape
from tests.metrics.pictures import draw
from tests.metrics.sinks import OF_CONTROL_BOT, OF_WATCHDOG
from tests.metrics.stack import PATIENCE, Stack, Waits, own_state, stack
from tests.support.drill import Drill, DrillPlan, drill

RISK = {
    "max_risk_per_trade_fraction": 0.01,
    "fixed_risk_fraction": 0.01,
    "drawdown_reduce_fraction": 0.006,
    "drawdown_halt_fraction": 0.01,
    "terminal_drawdown_fraction": None,
    "max_daily_loss_fraction": 0.1,
    "max_daily_loss_usd": None,
    "max_open_positions": 2,
}
PAIRS = ("BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT")
FALL, FALL_SECONDS = -0.08, 5
CANDLE_SECONDS = 300.0
QUIET_SECONDS = 90.0
"""At least, of a market in which nothing happens: a false alarm would be seen."""
LOOK_SECONDS = 0.5
CRASH, DEATH = "crash: −8 % within 5 s", "bot: `kill -9`"
ALWAYS = "PlimsollAlive"
EXPECTED: Mapping[str, tuple[str, ...]] = {
    CRASH: ("PlimsollDrawdownUsed", "PlimsollHalted"),
    DEATH: ("PlimsollBotDown", "PlimsollBotDead"),
}
"""The alerts that each cause must raise; any other one that reaches somebody is a false alarm."""
HELD_BACK = frozenset({"PlimsollApiSilent", "PlimsollSourceStale"})
"""Warnings of a death that Alertmanager keeps to itself: ``PlimsollBotDown`` says it already."""
WARNINGS = frozenset({"PlimsollDrawdownUsed"})
"""They go to mail alone."""
HALTED, SILENT, ALARM = "HALTED", "Nothing is heard", "🛑"
"""What the control bot says of each, and what the bot's own alarms begin with."""


@dataclass
class Way:
    """Seconds of one alert from its cause to each station; ``None``: it does not go there."""

    cause: str
    alert: str
    pending: float | None = None
    firing: float | None = None
    alertmanager: float | None = None
    webhook: float | None = None
    mail: float | None = None
    telegram: float | None = None


@dataclass
class Step:
    """Something that happened, and how many seconds after its cause."""

    cause: str
    what: str
    seconds: float


@dataclass
class Outcome:
    """What came of the drill."""

    ways: list[Way] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    false_alarms: list[str] = field(default_factory=list)
    held_back: list[str] = field(default_factory=list)
    watched_seconds: float = 0.0
    quiet_seconds: float = 0.0
    empty_panels: list[str] = field(default_factory=list)
    panels: int = 0
    refused_by_telegram: int = 0
    scrape_seconds: float = 0.0
    day: str = ""

    def as_record(self) -> dict[str, object]:
        return asdict(self)


class Observer:
    """Looks at Prometheus and Alertmanager twice a second, and notes when an alert is where."""

    def __init__(self, seen: Stack) -> None:
        self._seen, self._ended = seen, threading.Event()
        self.began: dict[tuple[str, str], list[float]] = {}
        """When each alert came to a station, each time that it did."""
        self._thread = threading.Thread(target=self._watch, daemon=True)

    @contextmanager
    def watching(self) -> Any:
        self._thread.start()
        try:
            yield self
        finally:
            self._ended.set()
            self._thread.join(60)

    def at(self, alert: str, station: str, since: float) -> float | None:
        """Return when an alert came first, after an instant, to a station.

        Stations are ``pending``, ``firing`` and ``alertmanager``.
        """
        times = list(self.began.get((alert, station), ()))
        return next((one for one in times if one >= since), None)

    def alerts(self) -> set[str]:
        """Return every alert that fired."""
        return {name for name, station in list(self.began) if station == "firing"}

    def _watch(self) -> None:
        before: set[tuple[str, str]] = set()
        while not self._ended.wait(LOOK_SECONDS):
            now = time.time()
            try:
                told = [
                    (one["labels"]["alertname"], one["state"])
                    for one in self._seen.ask("alerts")["alerts"]
                ]
                told += [
                    (one["labels"]["alertname"], "alertmanager") for one in self._seen.firing()
                ]
            except OSError:
                continue  # they start, or end
            for one in set(told) - before:
                self.began.setdefault(one, []).append(now)
            before = set(told)


def plan() -> DrillPlan:
    """Return a bot that trades on the exchange's account, in the time of people."""
    return DrillPlan(
        pairs=PAIRS,
        live=True,
        speed=1.0,
        throttle_seconds=5,
        stop_fraction=0.1,
        start=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        risk=RISK,
        overlay={"order_types": {"stoploss_on_exchange": True}},
    )


def play(
    folder: Path,
    *,
    waits: Waits | None = None,
    quiet_seconds: float = QUIET_SECONDS,
    pictures: Path,
    say: Callable[[str], object] = lambda _: None,
) -> Outcome:
    """Play it, draw the dashboards into the folder ``pictures``, and return the times."""
    outcome = Outcome(day=f"{datetime.now(UTC):%Y-%m-%d}")
    with own_state(folder), drill(folder, plan()) as bot, stack(bot, folder, waits=waits) as seen:
        with Observer(seen).watching() as observer:
            bot.wait_for_positions(2)
            seen.until("plimsoll_bot_up", 1.0)
            began = time.time()
            seen.until("plimsoll_open_positions", 2.0)
            assert seen.value('plimsoll_mode{mode="HALTED"}') == 0.0
            say("up, two positions open; quiet until a candle has closed")
            outcome.quiet_seconds = _quiet(seen, observer, quiet_seconds)
            _crash(bot, seen, observer, outcome)
            say("the crash has arrived everywhere")
            _draw(("plimsoll-account", "plimsoll-feed"), seen, began, outcome, pictures)
            _death(bot, seen, observer, outcome)
            say("the death has arrived everywhere")
            assert seen.value("plimsoll_bot_up") == 0.0
            seen.until("absent(plimsoll_equity_usd)", 1.0)
            _draw(("plimsoll-health",), seen, began, outcome, pictures)
            outcome.scrape_seconds = seen.value('scrape_duration_seconds{job="plimsoll"}') or 0.0
            outcome.watched_seconds = time.time() - began
        _others(observer, seen, outcome)
        outcome.refused_by_telegram = len(bot.telegram.rejected) + len(seen.phone.rejected)
        assert not seen.sinks.faults, seen.sinks.faults
    return outcome


def _others(observer: Observer, seen: Stack, outcome: Outcome) -> None:
    """Note the alerts that fired and were not expected: those that arrived, and those held back."""
    caused = {name for names in EXPECTED.values() for name in names}
    for name in sorted(observer.alerts() - caused - {ALWAYS}):
        arrived = seen.sinks.by_mail(name) or seen.sinks.by_webhook(name)
        is_held = arrived is None and name in HELD_BACK
        (outcome.held_back if is_held else outcome.false_alarms).append(name)


def _quiet(seen: Stack, observer: Observer, seconds: float) -> float:
    """Wait until a candle has closed, and require that nothing fires; return for how long."""
    began = time.time()
    time.sleep(seconds)
    candle = "plimsoll_candle_delay_seconds_count > 0"
    wait_until(lambda: seen.value(candle), seconds=PATIENCE + CANDLE_SECONDS, what="a new candle")
    early = observer.alerts() - {ALWAYS}
    assert not early, f"nothing has happened, and these fired: {sorted(early)}"
    return time.time() - began


def _crash(bot: Drill, seen: Stack, observer: Observer, outcome: Outcome) -> None:
    since = time.time()
    bot.move(FALL, seconds=FALL_SECONDS)
    noted: dict[str, float] = {}

    def note(what: str, condition: Callable[[], object]) -> None:
        wait_until(condition, seconds=PATIENCE, what=what, pause_seconds=0.05)
        noted[what] = time.time()

    note("halt in the decision log", lambda: bot.decisions("halt"))
    note("every position closed", lambda: not bot.trades(is_open=True))
    said = lambda: _by_phone(bot.telegram, ALARM, since)  # noqa: E731 - as in `_ladder`
    noted["the bot's own message, taken by Telegram"] = _arrived(said, "the bot's message")
    _ladder(seen, HALTED, since, noted)
    outcome.steps += [Step(CRASH, what, at - since) for what, at in noted.items()]
    outcome.ways += _ways(CRASH, seen, observer, since, HALTED)


def _death(bot: Drill, seen: Stack, observer: Observer, outcome: Outcome) -> None:
    since = time.time()
    bot.kill9()
    noted: dict[str, float] = {}
    _ladder(seen, SILENT, since, noted)
    by_watchdog = _arrived(
        lambda: seen.sinks.by_path(OF_WATCHDOG, "nothing answers"), "the watchdog"
    )
    noted["the watchdog's webhook"] = by_watchdog
    outcome.steps += [Step(DEATH, what, at - since) for what, at in noted.items()]
    outcome.ways += _ways(DEATH, seen, observer, since, SILENT)


def _ladder(seen: Stack, text: str, since: float, noted: dict[str, float]) -> None:
    """Wait until a message of the control bot's, which nobody acknowledges, was at every rung."""
    sinks = seen.sinks
    phone = lambda: _by_phone(seen.phone, text, since)  # noqa: E731 - three of one kind
    noted["the control bot, on the phone"] = _arrived(phone, "the phone")
    mail = lambda: sinks.by_control_mail(text)  # noqa: E731
    noted["the control bot, unacknowledged, by mail"] = _arrived(mail, "its mail")
    hook = lambda: sinks.by_path(OF_CONTROL_BOT, text)  # noqa: E731
    noted["the control bot, unacknowledged, by webhook"] = _arrived(hook, "its webhook")


def _ways(cause: str, seen: Stack, observer: Observer, since: float, text: str) -> list[Way]:
    ways = []
    phone = _by_phone(seen.phone, text, since)
    for alert in EXPECTED[cause]:
        way = Way(cause, alert)
        for station in ("pending", "firing", "alertmanager"):
            if station == "pending" and _waits_not(alert):
                continue
            at = _arrived(lambda a=alert, s=station: observer.at(a, s, since), f"{alert} {station}")
            setattr(way, station, at - since)
        way.mail = _arrived(lambda a=alert: seen.sinks.by_mail(a), f"{alert} by mail") - since
        if alert not in WARNINGS:
            hook = _arrived(lambda a=alert: seen.sinks.by_webhook(a), f"{alert} by webhook")
            way.webhook = hook - since
            way.telegram = None if phone is None else phone - since
        ways.append(way)
    return ways


def _waits_not(alert: str) -> bool:
    """Return whether an alert fires at once, and so is never seen pending."""
    return alert in {"PlimsollHalted", "PlimsollDrawdownUsed"}


def _arrived(when: Callable[[], float | None], what: str) -> float:
    found: list[float] = []

    def there() -> bool:
        if (at := when()) is not None:
            found.append(at)
        return bool(found)

    wait_until(there, seconds=PATIENCE, what=what)
    return found[0]


def _by_phone(phone: TelegramService, text: str, since: float) -> float | None:
    """Return when the first message with a text was taken by Telegram."""
    said = (_utc_of(one.at) for one in list(phone.messages) if one.says(text))
    return next((at for at in said if at >= since), None)


def _utc_of(monotonic: float) -> float:
    """Return the UTC seconds of an instant of this process's monotonic clock."""
    return time.time() - (time.monotonic() - monotonic)


def _draw(uids: tuple[str, ...], seen: Stack, began: float, outcome: Outcome, folder: Path) -> None:
    """Ask Prometheus every panel's query, as Grafana would, and draw the answers."""
    for board in (one for one in BOARDS if one.uid in uids):
        rows = lambda panel, query: ask(seen, panel, query, began)  # noqa: E731 - draw's question
        _, empty = draw(board, rows, (began, time.time()), folder)
        outcome.panels += len(list(board.panels))
        outcome.empty_panels += empty


def ask(seen: Stack, panel: Panel, query: str, since: float) -> list[dict[str, Any]]:
    """Return the rows of a panel's query: of now for a figure, since a moment for others."""
    asked = query.replace("$bot", ".*")
    return seen.now(asked) if panel.shape is Shape.FIGURE else seen.rows(asked, since)
