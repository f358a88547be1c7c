"""What a bot asks before it trades with money: is there a verdict that lets it, for just this?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from plimsoll.gates.bundle import Bundle, BundleError, read_bundle, why_closed
from plimsoll.gates.criterion import BEFORE, Gate
from plimsoll.gates.hashing import file_hash
from plimsoll.gates.measures import looser_limits
from plimsoll.gates.places import evidence_folder
from plimsoll.gates.subject import Subject

OPENING = (Gate.LIVE, Gate.SCALE)
"""The gates whose verdict lets a bot trade with money."""
REVIEW_DAYS = 35
"""After so many days a verdict is overdue for its monthly review."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """The verdict that lets a bot trade, and what a person should know about it."""

    bundle: Bundle
    warnings: tuple[str, ...]


def admit(
    place: Path, userdir: Path, subject: Subject, capital_usd: float | None, now: datetime
) -> Admitted:
    """Return the verdict that lets a strategy trade with money.

    ``place`` is a bundle, or a folder that has one for each strategy: of those of the live gate
    and of scaling, the newer counts. Every hash is checked again. Evidence that was edited closes
    the gate. Evidence that is not there is a warning: a verdict travels to the machine that trades,
    the megabytes behind it need not, and their hashes stay in it.

    Raises
    ------
    BundleError
        In one line with what to do, when nothing lets it.
    """
    try:
        bundle = _newest(place, subject.strategy)
        if (reason := _objection(bundle, subject, capital_usd, now)) is not None:
            raise BundleError(reason)
        edited, gone = _evidence(bundle, userdir)
        if edited:
            raise BundleError(f"the evidence behind it was changed by hand: {', '.join(edited)}")
    except BundleError as error:
        again = f"plimsoll gate live --strategy {subject.strategy}"
        said = str(error)
        advice = "" if "plimsoll gate" in said else f"; run: {again}"
        raise BundleError(f"{subject.strategy} must not trade with money: {said}{advice}") from None
    return Admitted(bundle, tuple(_warnings(bundle, gone, now)))


def _newest(place: Path, strategy: str) -> Bundle:
    if place.is_file():
        return read_bundle(place)
    files = [place / strategy / f"{gate.value}.json" for gate in OPENING]
    there = [file for file in files if file.exists()]
    if not there:
        raise BundleError(f"expected a gate bundle at {files[0]}, found none")
    return max((read_bundle(file) for file in there), key=lambda one: one.made_at)


def _objection(
    bundle: Bundle, subject: Subject, capital_usd: float | None, now: datetime
) -> str | None:
    if bundle.gate not in OPENING:
        return f"{bundle.file} is of the {bundle.gate.value} gate, which opens nothing live"
    if (reason := why_closed(bundle, subject)) is not None:
        return reason
    if bundle.made_at > now + timedelta(minutes=5):
        return f"{bundle.file} is of the future ({bundle.made_at:%Y-%m-%d %H:%M} UTC)"
    before = bundle.record.get("previous")
    if not isinstance(before, dict) or before.get("gate") not in BEFORE[bundle.gate]:
        return f"{bundle.file} does not rest on the gate before it"
    if not isinstance(bundle.record.get("attestation"), dict):
        return f"{bundle.file} has no attestation of a person"
    if looser := looser_limits([bundle.record["subject"]["limits"]], subject.limits):
        return f"limits are looser than those that were judged: {', '.join(looser)}"
    return _over_capital(bundle, capital_usd)


def _over_capital(bundle: Bundle, capital_usd: float | None) -> str | None:
    most = bundle.capital_usd
    if most is None or most <= 0:
        return f"{bundle.file} lets it trade with nothing"
    if capital_usd is None:
        return f"expected available_capital in the config, at most {most:,.0f} USD; found none"
    if not capital_usd <= most:
        return f"available_capital is {capital_usd:,.0f} USD, the gate lets it have {most:,.0f}"
    return None


def _evidence(bundle: Bundle, userdir: Path) -> tuple[list[str], list[str]]:
    """Return which files behind a verdict were changed, and which are not there."""
    folder, edited, gone = evidence_folder(userdir), [], []
    for piece in bundle.record["evidence"]:
        for one in piece["files"]:
            file = folder / one["file"]
            try:
                if file_hash(file) != one["sha256"]:
                    edited.append(one["file"])
            except OSError:
                gone.append(one["file"])
    return edited, gone


def _warnings(bundle: Bundle, gone: Sequence[str], now: datetime) -> list[str]:
    told = []
    days = (now - bundle.made_at) / timedelta(days=1)
    if days > REVIEW_DAYS:
        told.append(
            f"the verdict of the {bundle.gate.value} gate is {days:.0f} days old: "
            "a review is due (plimsoll gate scale)"
        )
    if bundle.loosened:
        told.append(f"the gate was passed with looser limits: {', '.join(bundle.loosened)}")
    if gone:
        told.append(
            f"{len(gone)} files of evidence behind the verdict are not here, such as {gone[0]}"
        )
    return told
