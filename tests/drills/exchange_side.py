"""The exchange's own books, asked over its API as any client would, beside the database."""

import re
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plimsoll.bridge.config.settings import LIVE_OPT_IN
from plimsoll.lab.processes import child_environment, command
from tests.drills.scene import moment, status
from tests.support import venue_keys
from tests.support.drill import POLL_SECONDS, Drill
from tests.support.venue_keys import ENVIRONMENT

AMOUNT_TOLERANCE = 1e-9
LINE = re.compile(r"^\d{4}-\d\d-\d\d \d\d:", re.MULTILINE)


def signed(bot: Drill, path: str, method: str = "GET", **parameters: str) -> Any:
    """Return the answer to a signed question."""
    return venue_keys.signed(bot.venue.url, path, method, **parameters)


def held(bot: Drill) -> dict[str, float]:
    """Return the amounts that the exchange holds by contract, signed."""
    rows = signed(bot, "/fapi/v2/positionRisk")
    return {row["symbol"]: float(row["positionAmt"]) for row in rows if float(row["positionAmt"])}


def known(bot: Drill) -> dict[str, float]:
    """Return the amounts that the database holds by contract, signed."""
    amounts: dict[str, float] = {}
    for row in bot.trades(is_open=True):
        symbol = row["pair"].split(":")[0].replace("/", "")
        amount = -row["amount"] if row["is_short"] else row["amount"]
        amounts[symbol] = amounts.get(symbol, 0.0) + amount
    return {symbol: amount for symbol, amount in amounts.items() if amount}


def stops(bot: Drill) -> list[dict[str, Any]]:
    """Return the conditional orders that rest on the exchange."""
    return list(signed(bot, "/fapi/v1/openAlgoOrders"))


def agree(bot: Drill) -> bool:
    """Whether exchange and database hold the same amounts."""
    there, here = held(bot), known(bot)
    return there.keys() == here.keys() and all(
        abs(there[symbol] - here[symbol]) < AMOUNT_TOLERANCE for symbol in there
    )


def words(amounts: dict[str, float]) -> str:
    """Say amounts as a person would."""
    return (
        ", ".join(
            f"{amount:g} {symbol.removesuffix('USDT')}"
            for symbol, amount in sorted(amounts.items())
        )
        or "nothing"
    )


def last_fill(bot: Drill) -> datetime:
    """Return when the account's last order was filled, by the exchange's own list."""
    times = [
        row["time"]
        for symbol in bot.venue.symbols
        for row in signed(bot, "/fapi/v1/userTrades", symbol=symbol)
    ]
    return datetime.fromtimestamp(max(times) / 1000, UTC)


def flat_there(bot: Drill, *, since: datetime, seconds: float = 40.0) -> float | None:
    """Return the exchange's seconds until it held nothing; None when it still does.

    It waits real seconds; what a dry-run holds is in the database alone.
    """
    deadline = time.monotonic() + seconds
    while held(bot) if bot.plan.live else known(bot):
        if time.monotonic() > deadline:
            return None
        time.sleep(POLL_SECONDS)
    if bot.plan.live:
        return max((last_fill(bot) - since).total_seconds(), 0.0)
    closes = [moment(row["close_date"]) for row in bot.trades(is_open=False)]
    return max((max(closes, default=since) - since).total_seconds(), 0.0)


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    status: int
    text: str


def plimsoll(bot: Drill, *asked: str, seconds: float = 240.0) -> Said:
    """Run ``plimsoll`` with the bot's own layers, as the person beside it would."""
    arguments = bot._arguments()
    layers = arguments[arguments.index("-c") :]
    place = ["--userdir", str(bot.userdir), "--db-url", bot.db_url, *layers]
    done = subprocess.run(
        [command("plimsoll"), *asked, *place],
        check=False,
        capture_output=True,
        text=True,
        timeout=seconds,
        env=child_environment(
            {
                "FREQTRADE__API_SERVER__LISTEN_PORT": str(bot._port),
                "FREQTRADE__API_SERVER__PASSWORD": bot._password,
                **(LIVE if bot.plan.live else {}),
            }
        ),
    )
    return Said(done.returncode, (done.stdout + done.stderr).strip())


LIVE = {**ENVIRONMENT, "FREQTRADE__PLIMSOLL__LIVE_OPT_IN": LIVE_OPT_IN}


def seen(bot: Drill) -> dict[str, Any]:
    """Return what both sides say now, for the evidence."""
    return {
        "exchange": words(held(bot)) if bot.plan.live else "–",
        "stops": len(stops(bot)) if bot.plan.live else None,
        "database": words(known(bot)),
        "mode": status(bot).get("mode"),
        "held": status(bot).get("held"),
        "alive": bot.alive,
        "equity": status(bot).get("equity_usd"),
    }


def last_words(bot: Drill, log: Path) -> str:
    """Return the last error in a bot's log, whose lines are wrapped."""
    text = log.read_text(encoding="utf-8", errors="replace")
    text = text[max(text.rfind(" - ERROR - "), text.rfind("plimsoll: ")) :]
    words = LINE.split(text.removeprefix(" - ERROR - ").removeprefix("plimsoll: "))[0]
    return " ".join(words.split()).replace(str(bot.folder), "…")
