"""An audit for a phone has no table; the table is in ``tests/unit/cli/test_audit.py``."""

from datetime import UTC, datetime, timedelta

from plimsoll.control.audit import Audit
from plimsoll.control.audit_words import audit_lines, finding_lines
from plimsoll.core.books import BotBooks, Break, BreakKind

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MISSING = Break(
    kind=BreakKind.MISSING_STOP,
    text="the position of BTC/USDT:USDT has no stop",
    since=NOON - timedelta(seconds=90),
    pair="BTC/USDT:USDT",
)
OUTCOME = Audit(
    as_of=NOON,
    exchange_name="binance, live",
    database_name="sqlite:///a",
    exchange=None,
    bot=BotBooks(),
    breaks=(MISSING,),
    unknown=("whether the account is in hedge mode",),
)


def test_a_phone_has_breaks_with_what_to_do_and_the_end() -> None:
    lines = finding_lines(OUTCOME)
    assert lines[0].startswith("BREAK missing stop (for 90 s")
    assert any("what to do:" in line for line in lines)
    assert "not known: whether the account is in hedge mode" in lines
    assert lines[-1] == OUTCOME.summary


def test_a_terminal_has_the_table_before_the_same() -> None:
    lines = audit_lines(OUTCOME)
    assert lines[0].startswith("exchange")
    assert lines[-len(finding_lines(OUTCOME)) :] == finding_lines(OUTCOME)
