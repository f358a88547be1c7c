"""``plimsoll denials``: which entries the guards deny on real data, as a page of tables."""

import time
from pathlib import Path
from typing import Annotated

import typer


def denials(
    datadir: Annotated[Path, typer.Option(help="Freqtrade data folder with real candles.")],
    others: Annotated[
        Path | None, typer.Option(help="Folder of more strategies, each named as its file.")
    ] = None,
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("docs/denials.md"),
) -> None:
    """Count the entries that each default guard denies, and write the page about it.

    Backtests every strategy on the pairs of `plimsoll results`, the years 2022 and 2023, bare and
    with the default guards, and the year of the crashes again with other limits on concentration.
    Takes the same data folder, and minutes.
    """
    from plimsoll.archive.layout import require_outer
    from plimsoll.cli.denials_page import page
    from plimsoll.cli.places import made_folder
    from plimsoll.core import UsageError
    from plimsoll.lab.denials import run_denials

    datadir = datadir.expanduser().resolve()
    if not datadir.is_dir():
        raise UsageError(f"expected a Freqtrade data folder at --datadir, found none at {datadir}")
    if others is not None and not list(others.glob("*.py")):
        raise UsageError(f"expected strategy files in --others, found none in {others}")
    require_outer(datadir)
    made_folder(out.parent, "--out")
    out.open("ab").close()  # what cannot be written fails now, not after the runs
    began = time.monotonic()

    def tell(text: str) -> None:
        minutes, seconds = divmod(int(time.monotonic() - began), 60)
        typer.echo(f"{minutes:3d}:{seconds:02d}  {text}", err=True)

    findings = run_denials(datadir, tell, others=others)
    out.write_text(page(findings), encoding="utf-8")
    typer.echo(f"written: {out}", err=True)
