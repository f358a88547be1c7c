"""What a log holds of an account: by its records alone, and nothing is lost on the way."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from plimsoll.core import Mode, Verdict
from plimsoll.journal.files import decision_files
from plimsoll.journal.kind import Kind
from plimsoll.journal.latch_record import (
    STATE,
    LatchRecord,
    last_start,
    lasting,
    may_be_halt,
    read_latch,
    stricter,
    union,
    verdict_fields,
    verdict_in,
)
from plimsoll.journal.log import DecisionLog

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ONE, OTHER = "account-one", "account-other"
FELL = Verdict(Mode.HALTED, "drawdown", "fell 13 %", value=0.13, limit=0.12)
DAY = Verdict(Mode.FLATTEN, "daily_loss", "lost 4 %", NOON + HOUR)
NEAR = Verdict(Mode.FLATTEN, "liquidation_distance", "near", NOON + HOUR, pair="ETH/USDT:USDT")


class Writing:
    """A log of one account, record after record."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = DecisionLog(folder)

    def start(self, account: str | None = ONE, *held: Verdict, **others: Any) -> "Writing":
        named = {} if account is None else {"account": account}
        fields = [verdict_fields(one) for one in held]
        self.log.append(Kind.START, NOON, **named, held=fields, **others)
        return self

    def act(self, verdict: Verdict, event: str = "acted", **others: Any) -> "Writing":
        kind = Kind.HALT if verdict.mode is Mode.HALTED else Kind.VERDICT
        self.log.append(kind, NOON, event=event, **verdict_fields(verdict), **others)
        return self

    def rearm(self, *verdicts: Verdict, at: datetime = NOON, **others: Any) -> "Writing":
        released = [{"rule": one.rule, "pair": one.pair} for one in verdicts]
        rules = [one.rule for one in verdicts]
        self.log.append(Kind.REARM, at, rules=rules, released=released, **others)
        return self

    def latch(self, account: str | None = ONE) -> LatchRecord:
        return read_latch(self.folder, account)


@pytest.fixture
def log(tmp_path: Path) -> Writing:
    return Writing(tmp_path)


def rules(latch: LatchRecord) -> list[str]:
    return sorted(rule for rule, _ in latch.held)


# What acts and what ends


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    assert read_latch(tmp_path / "none", ONE) == LatchRecord()


@pytest.mark.parametrize("verdict", [FELL, DAY, NEAR])
def test_what_acted_is_held_as_it_was_written(log: Writing, verdict: Verdict) -> None:
    latch = log.start().act(verdict).latch()
    assert latch.held == {(verdict.rule, verdict.pair): verdict}


def test_a_record_without_an_event_of_a_former_version_halts(log: Writing) -> None:
    log.start(None).log.append(Kind.HALT, NOON, rule="drawdown", reason="fell")
    assert log.latch().held["drawdown", None].mode is Mode.HALTED


def test_a_change_of_the_mode_holds_nothing_by_itself(log: Writing) -> None:
    log.start().log.append(Kind.VERDICT, NOON, event="mode", **verdict_fields(FELL))
    assert log.latch().held == {}


def test_a_person_ends_what_the_record_names_and_nothing_else(log: Writing) -> None:
    log.start().act(FELL).act(DAY).act(NEAR).rearm(FELL, NEAR, at=NOON + HOUR)
    latch = log.latch()
    assert rules(latch) == ["daily_loss"]
    assert latch.rearmed_at == NOON + HOUR
    assert latch.released == dict.fromkeys(
        [("drawdown", None), (NEAR.rule, NEAR.pair)], NOON + HOUR
    )


def test_the_end_of_a_flatten_moves_no_rearming(log: Writing) -> None:
    assert log.start().act(DAY).rearm(DAY).latch().rearmed_at is None


def test_a_rearming_of_a_former_version_names_rules_alone(log: Writing) -> None:
    log.start(None).act(FELL).act(DAY).log.append(Kind.REARM, NOON, rules=["drawdown"])
    latch = log.latch()
    assert rules(latch) == ["daily_loss"]
    assert latch.rearmed_at == NOON


def test_an_ended_flatten_is_over_and_an_ended_halt_is_not(log: Writing) -> None:
    log.start().act(DAY).act(FELL).act(DAY, event="ended")
    log.log.append(Kind.VERDICT, NOON, event="ended", **verdict_fields(FELL))
    assert rules(log.latch()) == ["drawdown"]


def test_a_flatten_that_lasts_longer_ends_later(log: Writing) -> None:
    longer = Verdict(Mode.FLATTEN, "daily_loss", "lost 5 %", NOON + 2 * HOUR)
    latch = log.start().act(DAY).act(longer, event="prolonged").latch()
    assert lasting(latch.held, NOON + HOUR) == {("daily_loss", None): longer}
    assert lasting(latch.held, NOON + 2 * HOUR) == {}


def test_a_halt_of_the_same_rule_is_not_softened(log: Writing) -> None:
    soft = Verdict(Mode.FLATTEN, "drawdown", "again", NOON + HOUR)
    assert log.start().act(FELL).act(soft).latch().held == {("drawdown", None): FELL}


def test_what_cannot_be_read_back_is_halted(log: Writing) -> None:
    log.start().log.append(Kind.HALT, NOON, event="acted", mode="SLEEPING", rule="x", reason="y")
    assert [one.mode for one in log.latch().held.values()] == [Mode.HALTED]


# Starts and accounts


def test_a_start_says_all_that_is_held(log: Writing) -> None:
    log.start().act(FELL).start(ONE, DAY, stamp="b", stamp_before="a", rearmed_at=NOON)
    latch = log.latch()
    assert latch.held == {("daily_loss", None): DAY}
    assert (latch.started, latch.stamp, latch.stamp_before) == (True, "b", "a")
    assert latch.rearmed_at == NOON


def test_two_accounts_in_one_log_are_two_latches(log: Writing) -> None:
    log.start(ONE, stamp="a").act(FELL).start(OTHER, stamp="b").act(DAY)
    assert rules(log.latch(ONE)) == ["drawdown"]
    assert rules(log.latch(OTHER)) == ["daily_loss"]
    assert (log.latch(ONE).stamp, log.latch(OTHER).stamp) == ("a", "b")
    log.rearm(FELL, account=ONE)
    assert rules(log.latch(ONE)) == []
    assert rules(log.latch(OTHER)) == ["daily_loss"]


def test_a_halt_before_its_start_names_its_account(log: Writing) -> None:
    log.start(OTHER).act(FELL, account=ONE)
    assert rules(log.latch(ONE)) == ["drawdown"]
    assert not log.latch(ONE).started
    assert rules(log.latch(OTHER)) == []


def test_what_a_former_version_wrote_belongs_to_every_account(log: Writing) -> None:
    log.start(None).act(FELL)
    assert rules(log.latch(ONE)) == rules(log.latch(OTHER)) == rules(log.latch(None))
    assert rules(log.latch(ONE)) == ["drawdown"]
    assert not log.latch(ONE).started
    assert last_start(log.folder) is None


def test_the_last_start_that_names_its_account_is_the_last(log: Writing) -> None:
    log.start(ONE).start(OTHER).start(None)
    start = last_start(log.folder)
    assert start is not None
    assert start["account"] == OTHER


def test_a_rearming_takes_the_database_that_it_saw(log: Writing) -> None:
    log.start(ONE, stamp="b").rearm(stamp="x")
    assert (log.latch().stamp, log.latch().stamp_before) == ("x", "b")
    log.rearm(stamp=None)
    assert log.latch().stamp is None


# Damage


def spoil(folder: Path, number: int, line: bytes | None) -> None:
    """Replace one line of the newest file, or take it out."""
    file = decision_files(folder)[-1]
    lines = file.read_bytes().splitlines(keepends=True)
    lines[number : number + 1] = [] if line is None else [line + b"\n"]
    file.write_bytes(b"".join(lines))


def denials(log: Writing, count: int = 3) -> None:
    for _ in range(count):
        log.log.append(Kind.DENIAL, NOON, rule="spread", reason="wide")


@pytest.mark.parametrize("line", [b'{"at":"2026', None])
def test_a_damaged_or_missing_record_after_the_start_halts(
    log: Writing, line: bytes | None
) -> None:
    denials(log.start())
    log.log.close()
    assert log.latch().held == {}
    spoil(log.folder, 2, line)
    assert rules(log.latch()) == [STATE]
    assert log.latch().held[STATE, None].mode is Mode.HALTED


def test_a_damaged_last_line_halts(log: Writing) -> None:
    denials(log.start())
    log.log.close()
    spoil(log.folder, 3, b"rubbish")
    assert rules(log.latch()) == [STATE]


def test_damage_before_the_last_start_was_judged_by_that_start(log: Writing) -> None:
    denials(log.start())
    log.start()
    log.log.close()
    spoil(log.folder, 2, b"rubbish")
    assert log.latch().held == {}


def test_a_person_answers_for_damage(log: Writing) -> None:
    denials(log.start())
    log.log.close()
    spoil(log.folder, 2, b"rubbish")
    again = Writing(log.folder)
    again.rearm(Verdict(Mode.HALTED, STATE, "seen"))
    assert again.latch().held == {}


def torn(log: Writing, keep: bytes) -> None:
    log.log.close()
    with decision_files(log.folder)[-1].open("ab") as file:
        file.write(keep)


HALT_LINE = b'{"at":"2026-11-20T12:00:00Z","day_start_equity_usd":1000.0,"equity_usd":870.0,"ev'
CANDLE_LINE = b'{"at":"2026-11-20T12:00:00Z","candle":"2026-11-20T11:55:00Z","hash":"00","ki'


def test_a_torn_line_that_may_be_a_halt_halts_before_and_after_it_is_set_aside(
    log: Writing,
) -> None:
    torn(log.start(), HALT_LINE)
    assert rules(log.latch()) == [STATE]
    reopened = DecisionLog(log.folder)
    assert rules(read_latch(log.folder, ONE, pending=reopened.recovery)) == [STATE]
    reopened.append(Kind.ERROR, NOON, where="x", message="y")
    assert rules(log.latch()) == [STATE]


def test_a_torn_line_that_is_no_halt_holds_nothing(log: Writing) -> None:
    torn(log.start(), CANDLE_LINE)
    assert log.latch().held == {}
    reopened = DecisionLog(log.folder)
    assert read_latch(log.folder, ONE, pending=reopened.recovery).held == {}
    reopened.append(Kind.ERROR, NOON, where="x", message="y")
    assert log.latch().held == {}


def test_a_torn_file_that_is_missing_may_have_been_a_halt(log: Writing) -> None:
    torn(log.start(), CANDLE_LINE)
    DecisionLog(log.folder).append(Kind.ERROR, NOON, where="x", message="y")
    for file in log.folder.glob("*.torn"):
        file.unlink()
    assert rules(log.latch()) == [STATE]


def lines_of_every_kind(folder: Path) -> dict[str, bytes]:
    log = Writing(folder)
    facts = {"equity_usd": 1.0, "day_start_equity_usd": 1.0, "high_water_equity_usd": 1.0}
    log.start(ONE, account_name="binance dry-run", changed={}, code_fingerprint="c", config={})
    log.act(FELL, **facts).act(DAY, event="mode", **facts).act(DAY, **facts).act(FELL, account=ONE)
    log.log.append(Kind.CANDLE, NOON, candle=NOON, pairs={})
    log.log.append(Kind.SIGNAL, NOON, pair="BTC", side="long", tag=None, candle=NOON)
    log.log.append(Kind.ORDER, NOON, pair="BTC", side="long", stake_usd=1.0)
    log.log.append(Kind.DENIAL, NOON, rule="spread", reason="wide", pair="BTC")
    lines = decision_files(folder)[-1].read_bytes().splitlines()
    named = ("start", "halt", "mode", "flatten", "halt of a start")
    return dict(zip((*named, "candle", "signal", "order", "denial"), lines, strict=True))


def test_no_beginning_of_a_halt_passes_for_anything_else(tmp_path: Path) -> None:
    """Every cut of a line of what acted may be a halt; half a candle or start is none."""
    for name, line in lines_of_every_kind(tmp_path).items():
        cuts = [may_be_halt(line[:length]) for length in range(len(line))]
        if name in ("halt", "flatten", "halt of a start"):
            assert all(cuts), name
        else:
            assert not any(cuts[150:]), name
            assert all(cuts[:5]), "too little to tell"


# Values


def test_the_stricter_of_two_is_by_mode_then_by_end() -> None:
    longer = Verdict(Mode.FLATTEN, "daily_loss", "x", NOON + 2 * HOUR)
    assert stricter(DAY, FELL) is stricter(FELL, DAY) is FELL
    assert stricter(DAY, longer) is stricter(longer, DAY) is longer
    endless = Verdict(Mode.FLATTEN, "daily_loss", "x")
    assert stricter(endless, longer) is stricter(longer, endless) is endless
    key = DAY.rule, None
    assert union({key: DAY}, {key: longer}, {}) == {key: longer}


@pytest.mark.parametrize("verdict", [FELL, DAY, NEAR])
def test_a_verdict_is_read_back_from_its_fields(verdict: Verdict) -> None:
    assert verdict_in(verdict_fields(verdict)) == verdict
