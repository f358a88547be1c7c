"""The verdict of a gate as a file: what was judged, on what, with what outcome, under a seal."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plimsoll.core import PlimsollError
from plimsoll.gates.case import Case
from plimsoll.gates.criteria import NAMES, criteria_of
from plimsoll.gates.criterion import BEFORE, Gate, Sense
from plimsoll.gates.hashing import SEAL, seal_fault, with_seal
from plimsoll.gates.judging import Judged
from plimsoll.gates.measures import figures_of
from plimsoll.gates.places import bundle_file
from plimsoll.gates.reading import EvidenceError, moment, number
from plimsoll.gates.scaling import Decision, Review
from plimsoll.gates.settings import GateSettings
from plimsoll.gates.subject import Subject, changes

FORMAT = 1
GO, NO_GO = "go", "no-go"
RISKLESS = frozenset({Decision.KEEP, Decision.DECREASE})
"""Decisions of a review that give no more money: a person may make them whatever was measured."""


class BundleError(PlimsollError):
    """A bundle is missing, was changed, or does not say go for what is to be traded."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A verdict that was read from a file whose seal is whole."""

    file: Path
    record: Mapping[str, Any]

    @property
    def gate(self) -> Gate:
        """The gate that was judged."""
        return Gate(self.record["gate"])

    @property
    def is_go(self) -> bool:
        """Whether the gate is open, by its own criteria and limits and not by its word alone."""
        return self.record["verdict"] == GO and not self.objections()

    @property
    def made_at(self) -> datetime:
        """When it was judged."""
        return moment(self.record["made_at"], "made_at")

    @property
    def capital_usd(self) -> float | None:
        """The capital that it lets a bot trade with; ``None`` before the live gate."""
        value = self.record.get("capital_usd")
        return None if value is None else float(value)

    @property
    def step_began(self) -> datetime:
        """When the present step of capital began."""
        review = self.record.get("review")
        return self.made_at if review is None else moment(review["step_began"], "step_began")

    @property
    def loosened(self) -> list[str]:
        """The criteria whose limits were loosened."""
        return [str(event["criterion"]) for event in self.record["loosened"]]

    def objections(self) -> list[str]:
        """Return why its own rows do not carry its verdict; empty when they do.

        Of a review that keeps, lowers or withdraws capital, the rows need not pass.
        """
        rows = {str(row["name"]): row for row in self.record["criteria"]}
        has_model = bool(self.record["subject"].get("has_model"))
        wanted = {one.name for one in criteria_of(self.gate, has_model=has_model)}
        told = [f"it lacks the criterion {name}" for name in sorted(wanted - rows.keys())]
        told += [f"it has an unknown criterion {name}" for name in sorted(rows.keys() - NAMES)]
        if (self.record.get("review") or {}).get("decision") in RISKLESS:
            return told
        return told + [f"{name} does not pass" for name, row in rows.items() if not _passes(row)]

    def changes(self, subject: Subject) -> list[str]:
        """Return what differs between what was judged and what is to be traded."""
        return changes(self.record["subject"], subject)


@dataclass(frozen=True, slots=True)
class Extra:
    """What a bundle says beside the criteria; an objection makes it a no-go."""

    capital_usd: float | None = None
    attestation: Mapping[str, Any] | None = None
    review: Review | None = None
    objections: tuple[str, ...] = field(default=())


def make_bundle(
    gate: Gate,
    case: Case,
    judged: Sequence[Judged],
    *,
    settings: GateSettings,
    previous: Bundle | None,
    extra: Extra | None = None,
) -> dict[str, Any]:
    """Return the record of a verdict: go when every criterion passes and nothing else objects."""
    extra = extra or Extra()
    loosened = [
        {
            "event": "loosened",
            "criterion": one.name,
            "shipped": one.limit,
            "limit": settings.limits[one.name],
        }
        for one in settings.loosened()
        if gate in one.gates
    ]
    is_go = _carries(judged, extra)
    return with_seal(
        {
            "format": FORMAT,
            "gate": gate.value,
            "verdict": GO if is_go else NO_GO,
            "made_at": case.now.astimezone(UTC).isoformat(timespec="seconds"),
            "subject": case.subject.as_record(),
            "criteria": [one.as_record() for one in judged],
            "objections": list(extra.objections),
            "evidence": _evidence(case),
            "previous": None if previous is None else _chained(previous),
            "loosened": loosened,
            "capital_usd": extra.capital_usd,
            "attestation": extra.attestation,
            "review": None if extra.review is None else extra.review.as_record(),
            "figures": figures_of(case),
        }
    )


def write_bundle(record: Mapping[str, Any], userdir: Path) -> Path:
    """Write a verdict as the strategy's last of its gate, and beside it by its moment."""
    file = bundle_file(userdir, record["subject"]["strategy"], record["gate"])
    file.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(record, indent=1, allow_nan=False) + "\n"
    stamp = record["made_at"].replace(":", "").replace("-", "")[:15]
    for target in (file.with_name(f"{file.stem}-{stamp}.json"), file):
        part = target.with_name(f".{target.name}.part")
        part.write_text(text, encoding="utf-8")
        part.replace(target)
    return file


def read_bundle(file: Path) -> Bundle:
    """Read a verdict whose seal is whole.

    Raises
    ------
    BundleError
        When there is none, it is none, or it was changed by hand.
    """
    try:
        record = json.loads(file.read_bytes())
    except OSError:
        raise BundleError(f"expected a gate bundle at {file}, found none") from None
    except ValueError:
        raise BundleError(f"expected a gate bundle at {file}, found no JSON") from None
    if not isinstance(record, dict) or record.get("format") != FORMAT or "gate" not in record:
        raise BundleError(f"expected a gate bundle of format {FORMAT} at {file}, found none")
    if fault := seal_fault(record):
        raise BundleError(f"{file} counts for nothing: {fault}")
    bundle = Bundle(file, record)
    try:
        _ = bundle.is_go, bundle.made_at, bundle.capital_usd, record["subject"]["strategy"]
    except (KeyError, TypeError, ValueError, AttributeError, EvidenceError) as error:
        raise BundleError(f"{file} is no readable gate bundle ({error!r})") from None
    return bundle


def bundle_before(gate: Gate, subject: Subject, userdir: Path) -> tuple[Bundle | None, str | None]:
    """Return the bundle of the gate before, and why it does not count; ``None`` where it does.

    The sandbox has none before it. Of several that would do, the newest counts.
    """
    gates = BEFORE.get(gate, ())
    if not gates:
        return None, None
    bundles = []
    for one in gates:
        try:
            bundles.append(read_bundle(bundle_file(userdir, subject.strategy, one)))
        except BundleError as error:
            if bundle_file(userdir, subject.strategy, one).exists():
                return None, str(error)
    if not bundles:
        return None, (
            f"the {gates[0].value} gate was not judged; "
            f"run: plimsoll gate {gates[0].value} --strategy {subject.strategy}"
        )
    newest = max(bundles, key=lambda bundle: bundle.made_at)
    return newest, why_closed(newest, subject)


def why_closed(bundle: Bundle, subject: Subject) -> str | None:
    """Return why a bundle is no go for a subject; ``None`` when it is one."""
    gate, again = bundle.gate.value, f"plimsoll gate {bundle.gate.value}"
    name = f"the {gate} gate of {bundle.record['subject']['strategy']}"
    if told := bundle.changes(subject):
        return f"{name} was judged for {'; '.join(told)}; run {again} again"
    if bundle.record["verdict"] != GO:
        return f"{name} was a no-go at {bundle.made_at:%Y-%m-%d %H:%M} UTC; run {again} again"
    if objections := bundle.objections():
        return f"{name} says go, but {'; '.join(objections[:3])}; run {again} again"
    return None


def _carries(judged: Sequence[Judged], extra: Extra) -> bool:
    """Return whether a verdict is go: every criterion passes, or a review gives no more money."""
    if not judged or extra.objections:
        return False
    decision = None if extra.review is None else extra.review.decision
    if decision is Decision.WITHDRAW:
        return False
    return decision in RISKLESS or all(one.go for one in judged)


def _passes(row: Mapping[str, Any]) -> bool:
    value = row.get("value")
    if row.get("go") is not True or isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return Sense(row["sense"]).passes(float(value), number(row, "limit"))


def _chained(bundle: Bundle) -> dict[str, Any]:
    return {
        "gate": bundle.gate.value,
        "file": bundle.file.name,
        "made_at": bundle.record["made_at"],
        "sha256": bundle.record[SEAL],
        "loosened": list(bundle.loosened),
    }


def _evidence(case: Case) -> list[dict[str, Any]]:
    return list(_pieces(case))


def _pieces(case: Case) -> Iterable[dict[str, Any]]:
    for name, piece in case.pieces.items():
        filed, reading = piece.filed, piece.reading
        made_at = None if reading is None or reading.made_at is None else reading.made_at
        yield {
            "name": name,
            "origin": None if filed is None else filed.origin,
            "filed_at": None if filed is None else filed.filed_at.isoformat(),
            "made_at": None if made_at is None else made_at.isoformat(),
            "files": []
            if filed is None
            else [{"file": one.file, "sha256": one.sha256} for one in filed.copies],
            "faults": list(piece.faults),
        }
