"""``plimsoll audit``: the exchange's own books against a bot's database."""

import typer

from plimsoll.cli.control import AsJson, Config, DbUrl, Userdir, find, print_json


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
    from plimsoll.control.audit_words import audit_lines

    bot = find(userdir, config, db_url)
    outcome = run_audit(bot, lambda text: typer.echo(text, err=True))
    if as_json:
        print_json(audit_evidence(outcome.as_record(), bot.config.get("strategy")))
    else:
        typer.echo("\n".join(audit_lines(outcome)))
    raise typer.Exit(0 if outcome.is_sound else 1)
