"""A backtest's result against a bot's database, both by Freqtrade's own writers."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from freqtrade.persistence.pairlock import PairLock

from plimsoll.core import PlimsollError, UsageError
from plimsoll.lab.parity import Wanted, compare_records, is_database
from plimsoll.parity import Cause
from plimsoll.parity.money import UNITS
from tests.unit.bridge.trades import database_trades
from tests.unit.cli.bots import BTC, at, make_database, make_log, naive, usual_trades
from tests.unit.lab.parity_records import backtest_trades, bot_trades, make_records, make_result


@pytest.fixture(scope="module")
def records(tmp_path_factory) -> tuple[Path, Path]:
    return make_records(tmp_path_factory.mktemp("records"))


def compare(a, b, **more):
    return compare_records(Wanted(a=str(a), b=str(b), **more))


def causes(bill):
    return {row.cause: row.units / UNITS for row in bill.rows()}


def test_the_bill_of_a_dry_run_names_each_difference(records):
    bill = compare(*records).bill

    assert (len(bill.pairs), len(bill.only_a), len(bill.only_b)) == (3, 1, 0)
    made = causes(bill)
    assert set(made) == {
        Cause.BOOK,
        Cause.PRECISION,
        Cause.STOP_PRICE,
        Cause.FUNDING,
        Cause.END_OF_RANGE,
        Cause.NOT_IN_B,
    }
    assert made[Cause.FUNDING] == pytest.approx(-0.75)
    assert made[Cause.NOT_IN_B] == pytest.approx(-bill.only_a[0].profit)
    assert made[Cause.STOP_PRICE] == pytest.approx(-0.3 * 40.0 * (1 - 0.0005))
    assert sum(piece.units for piece in bill.pieces) == bill.difference


def test_the_other_way_round_every_sum_has_the_other_sign(records):
    there, back = compare(*records).bill, compare(*reversed(records)).bill

    assert there.difference == -back.difference
    assert back.only_b[0].profit == there.only_a[0].profit


def test_slots_are_taken_from_the_backtest_whichever_way_round(records):
    told = "max_open_trades is not known and taken from"

    for named in (records, records[::-1]):
        compared = compare(*named)
        assert compared.bill.a.max_open_trades == compared.bill.b.max_open_trades == 3
        assert any(told in remark for remark in compared.remarks)


def test_a_database_against_itself_differs_by_nothing(records):
    bill = compare(records[1], f"sqlite:///{records[1]}").bill

    assert bill.difference == 0
    assert bill.verdict.within(0.0)


def test_a_lock_in_the_database_explains_what_is_missing(tmp_path):
    result, database = make_records(tmp_path)
    with database_trades(database):
        PairLock.session.add(
            PairLock(
                pair=BTC,
                side="*",
                lock_time=naive(13),
                lock_end_time=naive(15),
                reason="Cooldown",
                active=True,
            )
        )
        PairLock.session.commit()
    bill = compare(result, database).bill

    assert Cause.LOCKS in causes(bill)
    assert Cause.NOT_IN_B not in causes(bill)


def test_the_decision_log_explains_what_a_guard_denied(tmp_path):
    result, database = make_records(tmp_path)
    userdir = tmp_path / "user_data"
    make_log(userdir)
    config = tmp_path / "config.json"
    config.write_text(
        '{"dry_run": true, "trading_mode": "futures", "stake_currency": "USDT", '
        f'"user_data_dir": "{userdir}", "exchange": {{"name": "binance"}}}}'
    )
    bill = compare(result, database, config=(config,), userdir=userdir).bill

    [denied] = [piece for piece in bill.pieces if piece.cause is Cause.GUARDS]
    assert "correlation denied it in B" in denied.evidence


def test_several_strategies_need_a_name_and_none_shared_is_refused(tmp_path):
    result = make_result(
        tmp_path / "results", {"Crosses": backtest_trades(), "Other": backtest_trades()}
    )
    database = make_database(tmp_path / "bot.sqlite", bot_trades())
    assert compare(result, database).bill.a.name == "Crosses, backtest"
    with pytest.raises(UsageError, match="share no strategy"):
        compare(make_result(tmp_path / "more", {"Third": backtest_trades()}), database)
    with pytest.raises(UsageError, match="--strategy"):
        compare(result, result)


def test_the_span_can_be_given(records):
    until = datetime(2025, 3, 1, 11, tzinfo=UTC)
    bill = compare(*records, until=until).bill

    assert len(bill.pairs) == 1
    assert bill.until == until


def test_what_is_not_there_or_empty_is_said(tmp_path, records):
    with pytest.raises(UsageError, match="found nothing"):
        compare(records[0], tmp_path / "none.sqlite")
    empty = make_database(tmp_path / "empty.sqlite", [])
    with pytest.raises(PlimsollError, match="no trade"):
        compare(records[0], empty)


def test_a_database_is_told_by_its_content_not_its_name(tmp_path, records):
    other = tmp_path / "trades.zip"
    other.write_bytes(records[1].read_bytes())

    assert is_database(str(other))
    assert is_database("postgresql://somebody@host/trades")
    assert not is_database(str(records[0]))


def test_reading_writes_nothing(records):
    before = records[1].read_bytes()
    compare(*records)
    assert records[1].read_bytes() == before


def test_partial_exits_additions_shorts_and_open_trades_are_read(tmp_path):
    database = make_database(tmp_path / "bot.sqlite", usual_trades())
    bill = compare(database, database).bill

    [twice] = [one for one, _ in bill.pairs if one.opened_at == at(40)]
    assert (len(twice.entries), len(twice.exits)) == (2, 2)
    assert twice.profit == pytest.approx(
        8 * 105.0 + 12 * 108.0 - 10 * 195.0 - 0.0005 * (8 * 105.0 + 12 * 108.0 + 10 * 195.0)
    )
    assert [one.is_open for one, _ in bill.pairs].count(True) == 1


def test_a_bot_that_is_known_to_have_run_may_have_no_trade(tmp_path, records):
    empty = make_database(tmp_path / "empty.sqlite", [])
    bill = compare(records[0], empty, strategy="Crosses", ran=(at(0), at(96))).bill

    assert len(bill.only_a) == 4
    assert bill.until == at(96)
    assert compare(empty, empty, strategy="Crosses", ran=(at(0), at(96))).bill.difference == 0
