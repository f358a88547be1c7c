"""Taking a file into the evidence: what it is, whether it is whole, and where its copy goes."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from plimsoll.core import PlimsollError, UsageError
from plimsoll.gates.case import NOBODYS, read
from plimsoll.gates.evidence.results import strategies_in
from plimsoll.gates.evidence.walk_forward import parsed
from plimsoll.gates.kinds import Kind
from plimsoll.gates.reading import EvidenceError
from plimsoll.gates.records import HEAD
from plimsoll.gates.register import Filed, Register

ZIP = b"PK\x03\x04"


def kind_of_file(content: bytes) -> Kind:
    """Return what kind of evidence a file is.

    Raises
    ------
    EvidenceError
        When it is none.
    """
    if content.startswith(ZIP):
        return Kind.RESULT
    try:
        told = json.loads(content)
    except ValueError:
        return _ledger(content)
    if isinstance(told, dict):
        if isinstance(told.get(HEAD), dict):
            return Kind(str(told[HEAD].get("kind")))
        for kind, members in _MEMBERS.items():
            if members <= told.keys():
                return kind
    return _ledger(content)


_MEMBERS: Mapping[Kind, frozenset[str]] = {
    Kind.WALK_FORWARD: frozenset({"windows", "out_of_sample"}),
    Kind.PATHS: frozenset({"overfitting", "data_fingerprint"}),
    Kind.DRILL: frozenset({"fingerprints", "rows", "left_out"}),
}


def _ledger(content: bytes) -> Kind:
    first, _, _ = content.partition(b"\n")
    try:
        if {"command", "epochs"} <= json.loads(first).keys():
            return Kind.TRIALS
    except (ValueError, AttributeError, TypeError):
        pass
    raise EvidenceError("it is no evidence of any kind that a gate knows")


def file_artefact(
    register: Register, file: Path, now: datetime, *, strategy: str | None = None
) -> list[Filed]:
    """File a result, a record, a certificate or a ledger; return what was entered.

    A result is entered for each strategy in it. ``strategy`` names whose a record is that does
    not say so itself.

    Raises
    ------
    UsageError
        When there is no such file, or nobody says whose it is.
    PlimsollError
        When it is no evidence, contradicts itself, or was filed before with another content.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UsageError(f"expected a file of evidence at {file}: {error.strerror}") from None
    try:
        kind = kind_of_file(content)
    except ValueError as error:
        raise EvidenceError(f"{file}: {error}") from None
    except EvidenceError as error:
        raise EvidenceError(f"{file}: {error}") from None
    if kind is Kind.RESULT:
        names = strategies_in(content) if strategy is None else [strategy]
        return [_entered(register, kind, {file.name: content}, file, now, one) for one in names]
    contents = {file.name: content}
    if kind is Kind.WALK_FORWARD:
        contents |= _stitched(content, file)
    return [_entered(register, kind, contents, file, now, strategy)]


def file_record(
    register: Register, record: Mapping[str, Any], now: datetime, *, strategy: str
) -> Filed:
    """File a sealed record that was just made."""
    kind = Kind(record[HEAD]["kind"])
    content = orjson.dumps(record, default=str, option=orjson.OPT_INDENT_2)
    name = Path(f"{kind.value}.json")
    return _entered(register, kind, {name.name: content}, name, now, strategy)


def _entered(
    register: Register,
    kind: Kind,
    contents: Mapping[str, bytes],
    origin: Path,
    now: datetime,
    strategy: str | None,
) -> Filed:
    try:
        reading = read(kind, list(contents.values()), now, strategy=strategy)
    except EvidenceError as error:
        raise EvidenceError(f"{origin}: {error}") from None
    if reading.faults:
        raise EvidenceError(f"{origin} counts for nothing: {'; '.join(reading.faults)}")
    if kind in NOBODYS:
        owner = ""
    else:
        owner = reading.strategy or strategy or ""
        if not owner:
            raise UsageError(f"{origin} does not say of which strategy it is; name it: --strategy")
        if strategy is not None and owner != strategy:
            raise UsageError(f"{origin} is of {owner}, not of {strategy}")
    return register.file(
        kind,
        contents,
        strategy=owner,
        identity=reading.identity,
        origin=str(origin),
        at=now,
    )


def _stitched(content: bytes, file: Path) -> dict[str, bytes]:
    """Return the result that a walk-forward names, as it is or beside its record."""
    named = Path(str(parsed(content).get("result_file")))
    places = [named] if named.is_absolute() else [file.parent / named, named]
    places.append(file.parent / named.name)
    for place in places:
        if place.is_file():
            return {place.name: place.read_bytes()}
    raise PlimsollError(f"{file} names a result that is not there: {named}")


def stitched_result(content: bytes, file: Path) -> bytes:
    """Return the stored backtest that a walk-forward's record names.

    Raises
    ------
    PlimsollError
        When it is no such record, or its result is not there.
    """
    [result] = _stitched(content, file).values()
    return result
