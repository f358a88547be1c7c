"""A position that the database does not know: the exchange's books are the truth."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.drills.evidence import Broke, EvidenceFolder
from tests.drills.exchange_side import (
    agree,
    flat_there,
    held,
    known,
    last_fill,
    plimsoll,
    seen,
    stops,
    words,
)
from tests.drills.scene import BTC, moment, pass_time, profile, scene, status
from tests.support.drill import MARKET_ORDERS, Drill, DrillPlan

pytestmark = pytest.mark.freqtrade

ON_EXCHANGE = {"order_types": {**MARKET_ORDERS, "stoploss_on_exchange": True}}
UNANSWERED = {"paths": ["POST /fapi/v1/order"], "after_acceptance": True, "count": 1}
AGREED_WITHIN_SECONDS = 30.0
"""Real seconds in which a bot has a hundred loops, on an idle machine."""


@contextmanager
def live(tmp_path: Path, *, pairs: tuple[str, ...] = (BTC,), start: bool = True) -> Iterator[Drill]:
    """Run a bot that trades the exchange's account, with stops there."""
    plan = DrillPlan(live=True, overlay=ON_EXCHANGE, risk=profile(), pairs=pairs)
    with scene(tmp_path, plan, start=start, faulty=True) as bot:
        yield bot


def books_agree(bot: Drill) -> bool:
    """Wait until exchange and database hold the same, each position with its stop."""
    deadline = time.monotonic() + AGREED_WITHIN_SECONDS
    while time.monotonic() < deadline:
        if agree(bot) and len(stops(bot)) == len(held(bot)):
            return True
        time.sleep(0.25)
    return False


def observed(bot: Drill) -> dict[str, Any]:
    """Let the bot look for a while, then halt it as a person would and look at both sides.

    The seconds run until the last fill by which the books agreed.
    """
    began = bot.now()
    settled = books_agree(bot)
    took = max((last_fill(bot) - began).total_seconds(), 0.0) if settled else None
    before_halt = seen(bot)
    said = plimsoll(bot, "halt", "--reason", "drill", "--wait", "60")
    there = held(bot)
    return {
        "settled": settled,
        "before_halt": before_halt,
        "halt_status": said.status,
        "halt_said": said.text.splitlines()[-1],
        "exchange_when_halt_ended": words(there),
        "flat_seconds": took,
        "capital_moved": [one.text for one in bot.telegram_messages("capital was moved")],
        "breaks": [f"{one['event']}: {one['text']}" for one in bot.decisions("break")],
    }


def held_to(what: dict[str, Any]) -> None:
    """Assert what holds in each case: the books agree, and `halt` says what the exchange says."""
    assert what["settled"], what
    assert what["capital_moved"] == []
    assert what["breaks"], what
    assert (what["halt_status"] == 0) == (what["exchange_when_halt_ended"] == "nothing"), what


@pytest.mark.slow  # tests/integration/test_reconciliation.py has this break in the ordinary run
def test_an_entry_that_was_accepted_and_never_answered_before_a_kill(
    tmp_path: Path, save: EvidenceFolder
) -> None:
    with live(tmp_path) as bot:
        bot.wait_for_positions(1)
        bot.force_exit("all")
        fault = bot.fault("no-answer", hold_seconds=20, **UNANSWERED)
        bot.wait_until(lambda: not known(bot) and not held(bot), what="flat by hand")
        bot.wait_until(lambda: bot.faults()[fault - 1]["hits"] == 1, what="an unanswered entry")
        bot.wait_until(lambda: held(bot), what="the entry to be filled on the exchange")
        bot.kill9()
        assert known(bot) == {}
        bot.restart()
        what = observed(bot)
    after = (
        f"closed reduce-only, {what['before_halt']['mode']}; `plimsoll halt`: {what['halt_said']}"
    )
    broke = Broke(
        case=1,
        key="1-kill-live",
        name="an entry accepted and unanswered, then `kill -9`",
        run="live",
        after=after,
        flat_seconds=what["flat_seconds"],
        observed=what,
    )
    save(broke.key, broke)
    held_to(what)


@pytest.mark.slow
def test_a_person_halts_while_an_entry_is_unanswered(tmp_path: Path, save: EvidenceFolder) -> None:
    with live(tmp_path, start=False) as bot:
        fault = bot.fault("no-answer", hold_seconds=20, **UNANSWERED)
        bot.start()
        bot.wait_until(lambda: bot.faults()[fault - 1]["hits"] == 1, what="an unanswered entry")
        said = plimsoll(bot, "halt", "--reason", "drill", "--wait", "90")
        there = held(bot)
        halts = bot.decisions("halt")
        took = flat_there(bot, since=moment(halts[0]["at"])) if halts else None
        what = {
            "halt_status": said.status,
            "halt_said": said.text.splitlines()[-1],
            "exchange_when_halt_ended": words(there),
            "flat_seconds": took,
            "mode": status(bot)["mode"],
        }
    broke = Broke(
        case=1,
        key="1-halt-live",
        name="`plimsoll halt` while an accepted entry is unanswered",
        run="live",
        after=f"`plimsoll halt`: {what['halt_said']}, status {said.status}",
        flat_seconds=took,
        observed=what,
    )
    save(broke.key, broke)
    assert took is not None, what
    assert (said.status == 0) == (there == {}), what


@pytest.mark.slow
def test_an_open_trade_is_deleted_over_rest(tmp_path: Path, save: EvidenceFolder) -> None:
    with live(tmp_path) as bot:
        bot.wait_for_positions(1)
        bot.wait_until(lambda: stops(bot), what="a stop on the exchange")
        [trade] = bot.trades(is_open=True)
        bot.pause()
        bot.rest.delete_trade(trade["id"])
        bot.wait_until(lambda: not known(bot), what="a trade that is gone")
        pass_time(bot, loops=3)
        what = observed(bot)
    broke = Broke(
        case=1,
        key="1-deleted-live",
        name="an open trade is deleted over REST",
        run="live",
        after=f"told, and closed reduce-only; `plimsoll halt`: {what['halt_said']}",
        flat_seconds=what["flat_seconds"],
        observed=what,
    )
    save(broke.key, broke)
    held_to(what)
