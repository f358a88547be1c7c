"""What commands print with --json, as evidence for the gates: sealed, with moment and versions."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plimsoll.core.errors import PlimsollError


def data_check_evidence(body: Mapping[str, Any], datadir: Path) -> dict[str, Any]:
    """Return a check of candles with the digest of each candle file that it saw."""
    from plimsoll.archive.layout import Kind as Series
    from plimsoll.archive.layout import series_in
    from plimsoll.archive.store import read_raw
    from plimsoll.gates.evidence.candle_digests import candles_digest
    from plimsoll.gates.kinds import Kind
    from plimsoll.gates.records import as_evidence

    digests = {}
    for series in series_in(datadir):
        if series.kind in (Series.CANDLES, Series.SPOT):
            # A damaged file is among the findings; without a digest nothing rests on it.
            with suppress(PlimsollError, KeyError, ValueError, AttributeError):
                candles = read_raw(series.path(datadir))
                digest = candles_digest(series.pair, series.timeframe, candles)
                digests[f"{series.pair} {series.timeframe}"] = digest.hex()
    return as_evidence(
        Kind.DATA_CHECK, {**body, "candles": digests}, _versions(), datetime.now(UTC)
    )


def parity_evidence(body: Mapping[str, Any], strategy: str | None) -> dict[str, Any]:
    """Return a bill of parity of a strategy."""
    from plimsoll.gates.kinds import Kind
    from plimsoll.gates.records import as_evidence

    made_with = {**_versions(), **_code(), "strategy": strategy}
    return as_evidence(Kind.PARITY, body, made_with, datetime.now(UTC))


def audit_evidence(body: Mapping[str, Any], strategy: str | None) -> dict[str, Any]:
    """Return an audit of a bot's positions."""
    from plimsoll.gates.kinds import Kind
    from plimsoll.gates.records import as_evidence

    made_with = {**_versions(), **_code(), "strategy": strategy}
    return as_evidence(Kind.AUDIT, body, made_with, datetime.now(UTC))


def _versions() -> dict[str, Any]:
    from plimsoll.bridge.config.subject import versions

    known = versions()
    return {name: known[name] for name in ("freqtrade", "plimsoll")}


def _code() -> dict[str, Any]:
    from plimsoll.bridge.config.subject import versions

    return {"code": versions()["code"]}
