"""What a person is told of an audit, line by line: in a terminal and on a phone."""

from textwrap import fill

from plimsoll.control.audit import Audit
from plimsoll.control.audit_rows import AuditRow
from plimsoll.control.remedies import remedy
from plimsoll.control.status_words import span
from plimsoll.core.books import Break

WIDTH = 96


def audit_lines(outcome: Audit) -> list[str]:
    """Return both sides as a table, then each break with what to do, for a terminal."""
    lines = [f"{'exchange':<9} {outcome.exchange_name}", f"{'database':<9} {outcome.database_name}"]
    lines += ["", *_table(outcome.rows), ""]
    return [*lines, *finding_lines(outcome)]


def finding_lines(outcome: Audit) -> list[str]:
    """Return each break with what to do, what is not known, and the sum of it: for a phone."""
    lines = [line for one in outcome.breaks for line in _break_lines(one, outcome)]
    lines += [f"not known: {text}" for text in outcome.unknown]
    return [*lines, outcome.summary]


def _table(rows: list[AuditRow]) -> list[str]:
    cells = [("", "", "exchange", "database", "")]
    cells += [
        (row.subject, row.pair or "", row.exchange, row.database, _state(row)) for row in rows
    ]
    widths = [max(len(cell[column]) for cell in cells) for column in range(4)]
    return ["  ".join([*map(str.ljust, cell[:4], widths), cell[4]]).rstrip() for cell in cells]


def _state(row: AuditRow) -> str:
    return ", ".join(f"BREAK {kind.value.replace('_', ' ')}" for kind in row.breaks) or row.state


def _break_lines(one: Break, outcome: Audit) -> list[str]:
    facts = [f"for {span(one.age_seconds(outcome.as_of))}"]
    if one.size_usd is not None:
        facts.append(f"{one.size_usd:,.2f} USD")
    if one.ours:
        facts.append("the bot's own")
    if one.settling:
        facts.append("may settle: an order has just been sent")
    return [
        f"BREAK {one.kind.value.replace('_', ' ')} ({', '.join(facts)})",
        *_wrapped(one.text),
        *_wrapped(f"what to do: {remedy(one)}"),
    ]


def _wrapped(text: str) -> list[str]:
    return fill(text, WIDTH, initial_indent="  ", subsequent_indent="    ").splitlines()
