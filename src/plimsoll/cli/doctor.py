"""``plimsoll doctor``: is this set-up ready?"""

import json
from pathlib import Path
from typing import Annotated

import typer

MARKS = {"OK": "ok     ", "WARNING": "warning", "FAULT": "fault  "}


def doctor(
    userdir: Annotated[Path, typer.Option(help="Freqtrade's user folder.")] = Path("user_data"),
    config: Annotated[
        list[Path] | None, typer.Option("--config", "-c", help="Config layers, in order.")
    ] = None,
    front: Annotated[
        str, typer.Option(help="Where the REST API is reached from outside: https://…")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    region: Annotated[
        str,
        typer.Option(help='Where you reside; "us" alone is known: not every exchange takes you.'),
    ] = "",
) -> None:
    """Check config, versions, plugins, guards, strategies, secrets, data, exchange and clock.

    Without -c it looks at Freqtrade's config.json, or else at the installation alone.
    Exit status: 0 when all is well, 1 when the worst is a warning, 2 when there is a fault.
    """
    from plimsoll.lab.doctor import examine

    files = [file.expanduser() for file in config or []]
    findings = examine(userdir.expanduser(), files, front=front, region=region)
    worst = max(finding.level for finding in findings)
    if as_json:
        rows = [
            {
                "level": finding.level.name.lower(),
                "subject": finding.subject,
                "found": finding.found,
                "remedy": finding.remedy,
                **({"names": list(finding.names)} if finding.names else {}),
            }
            for finding in findings
        ]
        typer.echo(json.dumps({"worst": worst.name.lower(), "findings": rows}))
    else:
        for finding in findings:
            typer.echo(f"{MARKS[finding.level.name]} {finding.subject:<12} {finding.found}")
            if finding.remedy:
                typer.echo(f"{'':<20} -> {finding.remedy}")
    raise typer.Exit(int(worst))
