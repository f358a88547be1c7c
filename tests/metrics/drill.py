"""One drill of the whole way: a crash halts the bot, its death follows, people hear of both."""

import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from plimsoll.lab.processes import wait_until
from tests.metrics.dashboards import BOARDS
from tests.metrics.stack import PATIENCE, Stack, stack
from tests.support.drill import Drill, DrillPlan, drill

RISK = {
    "max_risk_per_trade_fraction": 0.05,
    "fixed_risk_fraction": 0.05,
    "drawdown_reduce_fraction": 0.006,
    "drawdown_halt_fraction": 0.01,
    "terminal_drawdown_fraction": None,
    "max_daily_loss_fraction": 0.1,
    "max_daily_loss_usd": None,
    "max_open_positions": 2,
}
PAIRS = ("BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT")


@dataclass
class Way:
    """Seconds of one alert from its cause: until it was on record, and until it arrived."""

    cause: str
    alert: str
    webhook_seconds: float
    mail_seconds: float
    recorded_seconds: float | None = None


@dataclass
class Outcome:
    """What came of the drill."""

    ways: list[Way] = field(default_factory=list)
    empty_panels: list[str] = field(default_factory=list)
    panels: int = 0
    scrape_seconds: float = 0.0

    def as_record(self) -> dict[str, object]:
        return asdict(self)


def plan() -> DrillPlan:
    """Return a dry-run in real time, so that ages are those of people."""
    return DrillPlan(
        pairs=PAIRS,
        speed=1.0,
        throttle_seconds=2,
        start=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        risk=RISK,
    )


def play(folder: Path) -> Outcome:
    """Play it, and return the times."""
    outcome, began = Outcome(), time.time()
    with drill(folder, plan()) as bot, stack(bot, folder) as seen:
        bot.wait_for_positions(2)
        seen.until("plimsoll_bot_up", 1.0)
        seen.until("plimsoll_open_positions", 2.0)
        assert seen.value('plimsoll_mode{mode="HALTED"}') == 0.0
        outcome.ways.append(_crash(bot, seen))
        seen.until('plimsoll_mode{mode="HALTED"}', 1.0)
        outcome.ways += _death(bot, seen)
        assert seen.value("plimsoll_bot_up") == 0.0
        seen.until("absent(plimsoll_equity_usd)", 1.0)
        _panels(seen, began, outcome)
        outcome.scrape_seconds = seen.value('scrape_duration_seconds{job="plimsoll"}') or 0.0
    return outcome


def _crash(bot: Drill, seen: Stack) -> Way:
    since = time.time()
    bot.move(-0.08, seconds=5)
    bot.wait_until(lambda: bot.decisions("halt"), what="a halt on record", seconds=PATIENCE)
    halted = time.time()
    way = _way(seen, "crash: −8 % within 5 s", "PlimsollHalted", since)
    way.recorded_seconds = halted - since
    return way


def _death(bot: Drill, seen: Stack) -> list[Way]:
    since = time.time()
    bot.kill9()
    cause = "bot: `kill -9`"
    return [_way(seen, cause, name, since) for name in ("PlimsollBotDown", "PlimsollBotDead")]


def _way(seen: Stack, cause: str, alert: str, since: float) -> Way:
    sinks = seen.sinks
    wait_until(lambda: sinks.by_webhook(alert), seconds=PATIENCE, what=f"{alert} by webhook")
    wait_until(lambda: sinks.by_mail(alert), seconds=PATIENCE, what=f"{alert} by mail")
    hooked, mailed = sinks.by_webhook(alert), sinks.by_mail(alert)
    assert hooked is not None
    assert mailed is not None
    return Way(cause, alert, hooked - since, mailed - since)


def _panels(seen: Stack, began: float, outcome: Outcome) -> None:
    """Ask Prometheus every panel's query over the whole of the drill."""
    for board in BOARDS:
        for panel in board.panels:
            outcome.panels += 1
            for query, _ in panel.queries:
                if not seen.points(query.replace("$bot", ".*"), began):
                    outcome.empty_panels.append(panel.title)
