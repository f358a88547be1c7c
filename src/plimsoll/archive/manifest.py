"""What the archive holds, as a record beside it: spans, rows, hashes and what was found missing."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pandas as pd

from plimsoll.archive.layout import OWN_FOLDER, Series
from plimsoll.archive.store import Revision, file_sha256, read_series, write_whole
from plimsoll.core import PlimsollError

MANIFEST = f"{OWN_FOLDER}/manifest.json"
DAY_RECORDS = f"{OWN_FOLDER}/metrics-days"


def read_record(file: Path) -> dict[str, Any]:
    """Read a JSON object; empty when there is none.

    Raises
    ------
    PlimsollError
        When it is not one.
    """
    if not file.exists():
        return {}
    try:
        return dict(orjson.loads(file.read_bytes()))
    except ValueError as error:
        raise PlimsollError(
            f"expected a JSON object in {file}, found {error}; remove it: it is made again, and "
            "days it recorded are fetched again"
        ) from error


def write_record(file: Path, record: dict[str, Any]) -> None:
    """Write a JSON object whole or not at all."""
    content = orjson.dumps(record, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"
    write_whole(file, lambda handle: handle.write(content))


def read_manifest(datadir: Path) -> dict[str, Any]:
    """Return the archive's manifest, empty for an archive without one."""
    return read_record(datadir / MANIFEST)


def day_record(datadir: Path, symbol: str) -> Path:
    """Return the file that records a symbol's daily archives: hash and rows of each day."""
    return datadir / DAY_RECORDS / f"{symbol}.json"


def describe(series: Series, datadir: Path) -> dict[str, Any]:
    """Return a series' entry of the manifest."""
    file, frame = series.path(datadir), read_series(series, datadir)
    return {
        "pair": series.pair,
        "kind": series.kind.value,
        "timeframe": series.timeframe,
        "first": text_of(frame["date"].iloc[0]) if len(frame) else None,
        "last": text_of(frame["date"].iloc[-1]) if len(frame) else None,
        "rows": len(frame),
        "sha256": file_sha256(file),
    }


def record_series(
    datadir: Path, changed: list[Series], revisions: list[Revision], *, exchange: str
) -> dict[str, Any]:
    """Bring the manifest up to date for the changed series and return it."""
    manifest = read_manifest(datadir)
    files = dict(manifest.get("files", {}))
    for series in changed:
        file = series.path(datadir)
        if file.exists():
            files[file.relative_to(datadir).as_posix()] = describe(series, datadir)
    seen = text_of(pd.Timestamp(datetime.now(UTC)))
    differences = [
        *manifest.get("revisions", []),
        *({"seen": seen, "difference": str(revision)} for revision in revisions),
    ]
    unique = list({entry["difference"]: entry for entry in reversed(differences)}.values())[::-1]
    made = {**manifest, "exchange": exchange, "files": files, "revisions": unique}
    write_record(datadir / MANIFEST, made)
    return made


def text_of(moment: pd.Timestamp) -> str:
    """Return a moment as records and summaries write it."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
