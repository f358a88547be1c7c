"""One judgement of a gate: what is filed by itself, the verdict, its bundle and its page."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plimsoll.core.errors import PlimsollError, UsageError

if TYPE_CHECKING:
    from plimsoll.bridge.config.settings import PlimsollSettings
    from plimsoll.control.bot import Bot
    from plimsoll.gates.bundle import Bundle
    from plimsoll.gates.case import Case, Piece
    from plimsoll.gates.criterion import Criterion, Gate
    from plimsoll.gates.judging import Judged
    from plimsoll.gates.register import Register
    from plimsoll.gates.scaling import Review
    from plimsoll.gates.subject import Subject

CERTIFICATE = Path("out/drill/certificate/certificate.json")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The options of a gate, as they were typed."""

    strategy: str
    userdir: Path
    config: tuple[Path, ...] = ()
    strategy_path: Path | None = None
    db_url: str | None = None
    datadir: Path | None = None
    certificate: Path | None = None
    attest: str | None = None
    to_usd: float | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A verdict as it was written: record, file and page; what was filed on the way failed with.

    ``notes`` are lines for a person beside the verdict.
    """

    record: Mapping[str, Any]
    file: Path
    page: Path
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judging:
    """One strategy before one gate, with all that the judgement needs."""

    gate: "Gate"
    asked: Asked
    now: datetime
    register: "Register"
    subject: "Subject"
    settings: "PlimsollSettings"
    config: Mapping[str, Any]
    previous: "Bundle | None"
    closed: str | None

    @property
    def capital_usd(self) -> float | None:
        """What the config lets the bot trade with."""
        from plimsoll.bridge.guarding.gate import capital_of

        return capital_of(self.config)


def run_gate(gate: "Gate", asked: Asked, now: datetime | None = None) -> Outcome:
    """Judge a gate on what was filed and on what is filed by itself; write bundle and page.

    Raises
    ------
    UsageError
        When there is no such strategy, or a step of capital is none.
    PlimsollError
        When the config is not valid or the register of evidence is not whole.
    """
    from plimsoll.gates.bundle import write_bundle
    from plimsoll.reporting.gate_page import gate_page
    from plimsoll.reporting.whole_file import write_whole

    judging = _opened(gate, asked, now or datetime.now(UTC))
    failed = _file_by_itself(judging)
    case = _case(judging, failed)
    record = _verdict(judging, case)
    file = write_bundle(record, asked.userdir)
    page = file.with_suffix(".html")
    write_whole(page, gate_page(record).encode())
    judging.register.enter_verdict(
        judging.now,
        gate=gate.value,
        strategy=asked.strategy,
        verdict=record["verdict"],
        bundle=record["sha256"],
        loosened=[one["criterion"] for one in record["loosened"]],
    )
    return Outcome(record, file, page, tuple(_expectation(case, file.parent)))


def judged_scaling(asked: Asked, now: datetime) -> "tuple[tuple[Judged, ...], Bundle | None, str]":
    """Judge the criteria of a review without a verdict: only evidence is filed.

    Returns them, the bundle that lets the bot trade, and why that does not count; "" where it does.

    Raises
    ------
    UsageError, PlimsollError
        As `run_gate`.
    """
    from plimsoll.gates.criterion import Gate
    from plimsoll.gates.judging import judge

    judging = _opened(Gate.SCALE, asked, now)
    judged = judge(_criteria(judging), _case(judging, _file_by_itself(judging)))
    return judged, judging.previous, judging.closed or ""


def _opened(gate: "Gate", asked: Asked, now: datetime) -> Judging:
    from plimsoll.gates.bundle import bundle_before
    from plimsoll.gates.register import Register
    from plimsoll.lab.gate_subject import judged_subject

    if not asked.userdir.is_dir():
        raise UsageError(f"expected a user folder at {asked.userdir}, found none")
    subject, settings, config = judged_subject(
        asked.strategy, asked.userdir, asked.config, strategy_path=asked.strategy_path
    )
    register = Register(asked.userdir)
    register.entries()
    previous, closed = bundle_before(gate, subject, asked.userdir)
    return Judging(gate, asked, now, register, subject, settings, config, previous, closed)


def _names(judging: Judging) -> dict[str, None]:
    """Return the evidence of a gate by name; that of its criteria, and what a verdict shows."""
    criteria = _criteria(judging)
    return dict.fromkeys(name for one in criteria for name in one.rests_on)


def _criteria(judging: Judging) -> "tuple[Criterion, ...]":
    from plimsoll.gates.judging import asked_of

    limits, has_model = judging.settings.gates.limits, judging.subject.has_model
    return asked_of(judging.gate, limits, has_model=has_model)


def _file_by_itself(judging: Judging) -> dict[str, str]:
    """File what lies where it is made; return by name of evidence what could not be filed."""
    from plimsoll.gates.kinds import Kind

    names = _names(judging)
    failed: dict[str, str] = {}
    steps = {
        Kind.WALK_FORWARD: _file_walk_forward,
        Kind.PATHS: _file_paths,
        Kind.COMPARISON: _file_comparison,
        Kind.TRIALS: _file_trials,
        Kind.DRILL: _file_certificate,
        Kind.LOG: _file_log,
        Kind.PAPER: _file_account,
        Kind.LIVE: _file_account,
        Kind.ATTESTATION: _file_attestation,
    }
    for kind, step in steps.items():
        if kind.value not in names:
            continue
        try:
            step(judging, kind)
        except UsageError:
            raise
        except PlimsollError as error:
            failed[kind.value] = str(error)
    return failed


def _case(judging: Judging, failed: Mapping[str, str]) -> "Case":
    from plimsoll.gates.case import Case, Piece, gather
    from plimsoll.gates.kinds import Kind
    from plimsoll.lab.gate_subject import drilled_now

    since = None if judging.previous is None else judging.previous.step_began
    pieces: dict[str, Piece] = gather(
        judging.register, judging.subject, _names(judging), judging.now, since=since
    )
    pieces |= {name: Piece(name, pieces[name].filed, fault=why) for name, why in failed.items()}
    certificate = pieces.get(Kind.DRILL.value)
    told = None if certificate is None or certificate.reading is None else certificate.reading
    folder = judging.asked.strategy_path or judging.asked.userdir / "strategies"
    return Case(
        subject=judging.subject,
        now=judging.now,
        pieces=pieces,
        capital_usd=judging.capital_usd,
        next_capital_usd=judging.asked.to_usd,
        trials_before=judging.settings.trials_before,
        drilled=drilled_now(None if told is None else told.facts, folder.resolve()),
    )


def _verdict(judging: Judging, case: "Case") -> dict[str, Any]:
    from plimsoll.gates.bundle import Extra, make_bundle
    from plimsoll.gates.criterion import Gate
    from plimsoll.gates.judging import judge
    from plimsoll.gates.kinds import Kind

    judged = judge(_criteria(judging), case)
    attested = case.pieces.get(Kind.ATTESTATION.value)
    said = None if attested is None or attested.reading is None else dict(attested.reading.facts)
    extra = Extra(
        capital_usd=judging.capital_usd if judging.gate is Gate.LIVE else None,
        attestation=said,
        objections=() if judging.closed is None else (judging.closed,),
    )
    if judging.gate is Gate.SCALE:
        review = _review(judging, judged, said)
        extra = replace(extra, capital_usd=review.to_usd, review=review)
    return make_bundle(
        judging.gate,
        case,
        judged,
        settings=judging.settings.gates,
        previous=judging.previous,
        extra=extra,
    )


def _review(
    judging: Judging, judged: "tuple[Judged, ...]", said: Mapping[str, Any] | None
) -> "Review":
    from plimsoll.gates.scaling import Decision, Review, decision_of, recommended

    now_usd = None if judging.previous is None else judging.previous.capital_usd
    if judging.previous is None or now_usd is None:
        raise UsageError(judging.closed or "the live gate says nothing of capital")
    to_usd = judging.asked.to_usd
    if to_usd is None or said is None:
        raise UsageError('expected --to USD and --attest "NAME: reason" of a review')
    decision = decision_of(to_usd, now_usd)
    began = judging.previous.step_began if decision is Decision.KEEP else judging.now
    return Review(
        decision=decision,
        from_usd=now_usd,
        to_usd=to_usd,
        by=str(said["by"]),
        reason=str(said["reason"]),
        began=began,
        recommended=recommended(judged, now_usd),
    )


def _file_walk_forward(judging: Judging, _: object) -> None:
    from plimsoll.gates.filing import file_artefact

    if (file := _newest_run(judging, paths=False)) is not None:
        file_artefact(judging.register, file, judging.now, strategy=judging.asked.strategy)


def _file_paths(judging: Judging, _: object) -> None:
    from plimsoll.gates.filing import file_artefact

    if (file := _newest_run(judging, paths=True)) is not None:
        file_artefact(judging.register, file, judging.now, strategy=judging.asked.strategy)


def _file_comparison(judging: Judging, _: object) -> None:
    from plimsoll.gates.filing import file_artefact
    from plimsoll.gates.places import comparison_file

    file = comparison_file(judging.asked.userdir, judging.asked.strategy)
    if file.exists():
        file_artefact(judging.register, file, judging.now, strategy=judging.asked.strategy)


def _newest_run(judging: Judging, *, paths: bool) -> Path | None:
    """Return the newest walk-forward of the strategy, or its paths."""
    from plimsoll.gates.places import walk_forward_folder

    newest: tuple[float, Path] | None = None
    for file in walk_forward_folder(judging.asked.userdir).glob("*.json"):
        if file.stem.endswith("-paths") is not paths:
            continue
        try:
            theirs = json.loads(file.read_bytes()).get("strategy") == judging.asked.strategy
        except (ValueError, AttributeError):
            theirs = True  # whose it is cannot be read: filing it says what is wrong
        at = file.stat().st_mtime
        if theirs and (newest is None or at > newest[0]):
            newest = at, file
    return None if newest is None else newest[1]


def _file_trials(judging: Judging, _: object) -> None:
    from plimsoll.gates.filing import file_artefact
    from plimsoll.gates.places import trials_file

    file = trials_file(judging.asked.userdir)
    if file.exists():
        file_artefact(judging.register, file, judging.now)


def _file_certificate(judging: Judging, _: object) -> None:
    from plimsoll.gates.filing import file_artefact

    file = judging.asked.certificate or CERTIFICATE
    if judging.asked.certificate is not None or file.exists():
        file_artefact(judging.register, file, judging.now)


def _file_log(judging: Judging, kind: Any) -> None:
    from plimsoll.gates.filing import file_record
    from plimsoll.gates.records import as_evidence
    from plimsoll.journal.check import verify

    folder = _bot(judging).folder.decisions
    if not folder.is_dir():
        return
    made_with = {"strategy": judging.subject.strategy}
    body = {**verify(folder).as_record(), "folder": str(folder)}
    record = as_evidence(kind, body, made_with, judging.now)
    file_record(judging.register, record, judging.now, strategy=judging.subject.strategy)


def _file_account(judging: Judging, kind: Any) -> None:
    """File the bot's trades, where the config is that of a bot of this kind and has a database."""
    from plimsoll.cli.bot_run import Wanted
    from plimsoll.cli.gate_account import MODES, account_record
    from plimsoll.control.database import is_missing
    from plimsoll.gates.filing import file_record

    bot = _bot(judging)
    mode = "dry_run" if bot.config.get("dry_run", True) else "live"
    if mode != MODES[kind.value] or is_missing(bot.db_url):
        return
    wanted = Wanted(
        userdir=judging.asked.userdir,
        config=judging.asked.config,
        db_url=judging.asked.db_url,
        datadir=judging.asked.datadir,
        strategy=judging.subject.strategy,
    )
    record = account_record(kind.value, wanted, bot.folder.decisions, judging.subject, judging.now)
    file_record(judging.register, record, judging.now, strategy=judging.subject.strategy)


def _file_attestation(judging: Judging, kind: Any) -> None:
    """File what a person says: NAME: reason."""
    from plimsoll.gates.filing import file_record
    from plimsoll.gates.records import as_evidence

    said = judging.asked.attest
    if said is None:
        return
    by, colon, reason = (part.strip() for part in said.partition(":"))
    if not (by and colon and reason):
        raise UsageError(f'expected --attest "NAME: reason", found "{said}"')
    capital = judging.asked.to_usd if judging.asked.to_usd is not None else judging.capital_usd
    body = {"by": by, "reason": reason, "capital_usd": 0.0 if capital is None else capital}
    made_with = {**judging.subject.as_record()}
    made_with.pop("values"), made_with.pop("limits")
    record = as_evidence(kind, body, made_with, judging.now)
    file_record(judging.register, record, judging.now, strategy=judging.subject.strategy)


def _bot(judging: Judging) -> "Bot":
    from plimsoll.control.bot import find_bot

    asked = judging.asked
    return find_bot(asked.userdir, asked.config, asked.db_url)


def _expectation(case: "Case", folder: Path) -> "list[str]":
    """Write what the out-of-sample trades promise, for the divergence guard; say where."""
    from plimsoll.gates.kinds import Kind
    from plimsoll.lab.expectation import promise_of

    piece: Piece | None = case.pieces.get(Kind.WALK_FORWARD.value)
    if piece is None or piece.reading is None or piece.faults:
        return []
    facts = piece.reading.facts
    source = (
        f"{case.subject.strategy}, {facts['timeframe']}, out of sample, "
        f"{facts['first']:%Y-%m-%d} to {facts['last']:%Y-%m-%d}, code {case.subject.code}"
    )
    try:
        promise = promise_of(facts["trades"], case.subject.strategy, source)
    except PlimsollError as error:
        return [f"no expectation was written: {error}"]
    file = folder / "expectation.json"
    file.write_text(promise.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return [f"written: {file}, for plimsoll.expectation_file in the config of a bot"]
