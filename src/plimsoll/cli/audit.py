"""``plimsoll audit``: the exchange's own books against a bot's database."""

from textwrap import fill
from typing import TYPE_CHECKING

import typer

from plimsoll.cli.control import AsJson, Config, DbUrl, Userdir, find, print_json, span

if TYPE_CHECKING:
    from plimsoll.control.audit import Audit
    from plimsoll.control.audit_rows import AuditRow
    from plimsoll.core.books import Break


WIDTH = 96


def audit(
    userdir: Userdir = None,
    config: Config = None,
    db_url: DbUrl = None,
    as_json: AsJson = False,
) -> None:
    """Compare what the exchange holds with what the bot believes it holds, row by row.

    It reads both and changes nothing. Exit status: 0 when they agree, 1 with a break, or when
    the exchange's books cannot be read, 2 for wrong usage. A dry-run has no account at the
    exchange: it says what cannot be known, with status 0.
    """
    from plimsoll.cli.evidence_json import audit_evidence
    from plimsoll.control.audit import run_audit

    bot = find(userdir, config, db_url)
    outcome = run_audit(bot, lambda text: typer.echo(text, err=True))
    if as_json:
        print_json(audit_evidence(outcome.as_record(), bot.config.get("strategy")))
    else:
        typer.echo("\n".join(_lines(outcome)))
    raise typer.Exit(0 if outcome.is_sound else 1)


def _lines(outcome: "Audit") -> list[str]:
    lines = [f"{'exchange':<9} {outcome.exchange_name}", f"{'database':<9} {outcome.database_name}"]
    lines += ["", *_table(outcome.rows), ""]
    for one in outcome.breaks:
        lines += _break_lines(one, outcome)
    lines += [f"not known: {text}" for text in outcome.unknown]
    return [*lines, outcome.summary]


def _table(rows: "list[AuditRow]") -> list[str]:
    cells = [("", "", "exchange", "database", "")]
    cells += [
        (row.subject, row.pair or "", row.exchange, row.database, _state(row)) for row in rows
    ]
    widths = [max(len(cell[column]) for cell in cells) for column in range(4)]
    return ["  ".join([*map(str.ljust, cell[:4], widths), cell[4]]).rstrip() for cell in cells]


def _state(row: "AuditRow") -> str:
    return ", ".join(f"BREAK {kind.value.replace('_', ' ')}" for kind in row.breaks) or row.state


def _break_lines(one: "Break", outcome: "Audit") -> list[str]:
    from plimsoll.control.remedies import remedy

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
