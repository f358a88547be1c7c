"""``plimsoll policies``: what halting and re-arming by rule cost and save, as a page of tables."""

import time
from pathlib import Path
from typing import Annotated

import typer


def policies(
    datadir: Annotated[Path, typer.Option(help="Freqtrade data folder with real candles.")],
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("docs/rearming.md"),
    folder: Annotated[
        Path | None,
        typer.Option(help="Folder with strategies of others, one a file, for one-hour candles."),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="Run this strategy alone; may be repeated.")
    ] = None,
    policy: Annotated[
        list[str] | None, typer.Option(help="Run this policy alone; may be repeated.")
    ] = None,
    rows: Annotated[
        Path, typer.Option(help="File that keeps the rows; of the same code none is made again.")
    ] = Path("out/policies.jsonl"),
    page_only: Annotated[
        bool, typer.Option("--page-only", help="Write the page from the kept rows, run nothing.")
    ] = False,
) -> None:
    """Backtest every strategy with and without guards, and under ways to halt and to go on.

    The years are those on which the research chose, 2022 and 2023, and no later one. The data
    folder is that of `plimsoll results`. With --only or --policy the tables are printed, and no
    page is written. A run that was ended goes on where it was.
    """
    from plimsoll.archive.layout import require_outer
    from plimsoll.cli.places import made_folder
    from plimsoll.cli.policies_page import page, tables
    from plimsoll.core import UsageError
    from plimsoll.lab.policies import run_policies

    if page_only:
        _write_kept(rows, out)
        return
    datadir = datadir.expanduser().resolve()
    if not datadir.is_dir():
        raise UsageError(f"expected a Freqtrade data folder at --datadir, found none at {datadir}")
    require_outer(datadir)
    _require_policies(policy or [])
    if folder is not None and not folder.is_dir():
        raise UsageError(f"expected a folder of strategies at --folder, found none at {folder}")
    if whole := not only and not policy:
        made_folder(out.parent, "--out")
        out.open("ab").close()  # what cannot be written fails now, not after the runs
    began = time.monotonic()

    def tell(text: str) -> None:
        minutes, seconds = divmod(int(time.monotonic() - began), 60)
        typer.echo(f"{minutes:3d}:{seconds:02d}  {text}", err=True)

    findings = run_policies(
        datadir, tell, strategies=only or (), policies=policy or (), folder=folder, kept=rows
    )
    if not whole:
        typer.echo(tables(findings.rows))
        return
    out.write_text(page(findings), encoding="utf-8")
    typer.echo(f"written: {out}", err=True)


def _require_policies(names: list[str]) -> None:
    from plimsoll.core import UsageError
    from plimsoll.lab.policies import POLICIES

    known = [one.name for one in POLICIES]
    if unknown := [name for name in names if name not in known]:
        raise UsageError(f"expected --policy to be one of {', '.join(known)}; found {unknown[0]}")


def _write_kept(rows: Path, out: Path) -> None:
    """Write the page from the rows that earlier runs have kept."""
    from plimsoll.cli.policies_page import page
    from plimsoll.core import UsageError
    from plimsoll.lab.policies import POLICIES, PolicyFindings
    from plimsoll.lab.policy_rows import kept_rows

    order = [one.name for one in POLICIES]
    earlier = sorted(kept_rows(rows), key=lambda row: order.index(row.policy))
    if not earlier:
        raise UsageError(f"expected rows of an earlier run in {rows}, found none")
    out.write_text(page(PolicyFindings(tuple(earlier), None)), encoding="utf-8")
    typer.echo(f"written: {out}", err=True)
