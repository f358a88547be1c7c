"""One bot over one period, from the traces that it left."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from plimsoll.cli.bot_run import Wanted
from plimsoll.cli.digest_run import Asked, Made, made_digest, period_asked
from plimsoll.core import UsageError
from plimsoll.performance.calendar_periods import Length
from tests.support.postgres import serve_postgres
from tests.unit.cli.bots import BEGIN, BTC, make_bot, make_database, order, trade, usual_trades
from tests.unit.performance.frames import utc


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bot(tmp_path_factory.mktemp("bot"))


def made(folder: Path, day: str, length: Length = Length.DAILY, **more: object) -> Made:
    wanted = Wanted(config=(folder / "config.json",))
    return made_digest(Asked(wanted=wanted, length=length, day=utc(day), **more))  # type: ignore[arg-type]


def test_the_days_of_a_week_add_up_to_it(folder: Path) -> None:
    days = [made(folder, f"2025-03-0{day}").digest for day in (1, 2)]
    week = made(folder, "2025-03-01", Length.WEEKLY).digest
    assert week.causes is not None
    for name, whole in week.causes.as_record().items():
        parts = [one.causes.as_record()[name] for one in days if one.causes is not None]
        assert sum(parts) == pytest.approx(whole, abs=1e-6)
    assert sum(one.closed_count for one in days) == week.closed_count == 2


def test_the_causes_explain_what_the_account_made(folder: Path) -> None:
    digest = made(folder, "2025-03-02").digest
    causes = digest.causes
    assert causes is not None
    assert digest.equity is not None
    change = float(digest.equity.iloc[-1] - digest.equity.iloc[0])
    assert causes.made_usd == pytest.approx(change)
    assert causes.other_usd == pytest.approx(0.0, abs=1e-6)
    assert sum(usd for _, usd in causes.steps) == pytest.approx(change)


def test_the_guards_acts_of_the_day_alone_are_told(folder: Path) -> None:
    second = made(folder, "2025-03-02").digest
    assert second.acts is not None
    assert [act.event for act in second.acts.acts] == ["halted", "closed", "rearmed"]
    assert second.acts.totals.entries_denied == 1
    assert second.acts.totals.days_halted == pytest.approx(4 / 24)
    first = made(folder, "2025-03-01").digest
    assert first.acts is not None
    assert first.acts.acts == ()
    assert first.head != second.head


def test_holding_and_equity_cover_the_whole_day(folder: Path) -> None:
    digest = made(folder, "2025-03-02").digest
    assert digest.equity is not None
    assert digest.benchmark is not None
    assert digest.equity.index[0] == digest.period.start
    assert digest.equity.index[-1] == digest.period.end
    assert digest.benchmark.iloc[0] == pytest.approx(digest.equity.iloc[0])


def test_open_positions_of_a_dead_bot_are_not_marked_on_silently(folder: Path) -> None:
    digest = made(folder, "2025-03-03").digest
    assert digest.still_open == 1
    assert any("open positions made is not known after" in note for note in digest.notes)
    assert digest.operation is not None
    assert digest.operation.up_fraction == 0.0


def test_a_day_after_everything_is_flat_and_before_it_is_empty(folder: Path) -> None:
    later = made(folder, "2025-04-02").digest
    assert later.equity is not None
    assert later.return_fraction == 0.0
    before = made(folder, "2025-02-02").digest
    assert before.equity is None
    assert before.is_empty


def test_without_candles_holding_is_not_known_and_it_is_said(tmp_path: Path) -> None:
    digest = made(make_bot(tmp_path, candles=False), "2025-03-02").digest
    assert digest.benchmark is None
    assert any(note.startswith("what holding would have made is not") for note in digest.notes)


def test_a_bot_that_never_traded_still_tells_how_it_ran(tmp_path: Path) -> None:
    folder = make_bot(tmp_path)
    (folder / "bot.sqlite").unlink()
    make_database(folder / "bot.sqlite", [])
    digest = made(folder, "2025-03-02").digest
    assert digest.equity is None
    assert digest.operation is not None
    assert digest.name == "Crosses"
    assert any("the account's value is not known" in note for note in digest.notes)


def test_a_promise_is_held_to_and_a_broken_file_is_named(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "expectation.json"
    file.write_text(
        '{"source": "a backtest", "trades": 99, "mean_profit_fraction": 0.01, '
        '"profit_std_fraction": 0.05, "win_rate_fraction": 0.5}'
    )
    digest = made(folder, "2025-03-01", Length.WEEKLY, expectation=file).digest
    assert digest.kept is not None
    assert (digest.kept.trades, digest.kept.win_rate_fraction) == (2, 0.5)
    assert digest.kept.made_usd == pytest.approx(98.95 - 201.9)
    with pytest.raises(UsageError, match="expected an expectation file"):
        made(folder, "2025-03-01", expectation=tmp_path / "none.json")


def test_a_period_that_is_not_over_is_refused() -> None:
    noon = datetime(2025, 3, 5, 12, tzinfo=UTC)
    assert period_asked(Length.DAILY, None, noon).name == "2025-03-04"
    with pytest.raises(UsageError, match="a period that is over, found week 2025-W10"):
        period_asked(Length.WEEKLY, utc("2025-03-04"), noon)


def test_a_database_alone_has_money_and_no_log(folder: Path, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        wanted = Wanted(db_url=f"sqlite:///{folder / 'bot.sqlite'}")
        found = made_digest(Asked(wanted=wanted, length=Length.DAILY, day=pd.Timestamp(BEGIN)))
    assert found.log is None
    assert found.digest.operation is None
    assert found.digest.closed_count == 1


def test_a_bot_on_postgresql_tells_the_same_as_on_sqlite(folder: Path, tmp_path: Path) -> None:
    with serve_postgres() as address:
        url = address.replace("postgresql://", "postgresql+psycopg://")
        make_database(tmp_path / "unused.sqlite", url=url)
        wanted = Wanted(config=(folder / "config.json",), db_url=url)
        found = made_digest(Asked(wanted=wanted, length=Length.DAILY, day=utc("2025-03-02")))
    there, here = found.digest.as_record(), made(folder, "2025-03-02").digest.as_record()
    for name in ("trades", "guards", "operation", "equity_usd", "drawdown_fraction"):
        assert there[name] == here[name]
    assert there["causes"] == pytest.approx(here["causes"])


def test_an_account_that_lost_more_than_all_of_it_has_its_digest(tmp_path: Path) -> None:
    folder = make_bot(tmp_path)
    (folder / "bot.sqlite").unlink()
    ruin = trade(BTC, [order(2, 100.0, 200.0, "buy"), order(10, 1.0, 200.0, "sell")], closed=10)
    make_database(folder / "bot.sqlite", [ruin, *usual_trades()[1:]])
    digest = made(folder, "2025-03-02").digest
    assert digest.equity is not None
    assert digest.equity.iloc[0] < 0.0
    assert digest.benchmark is None
    assert any("there was no money to hold with" in note for note in digest.notes)
    assert digest.causes is not None
    assert digest.causes.other_usd == pytest.approx(0.0, abs=1e-6)


def test_a_bot_without_trades_has_its_own_currency(tmp_path: Path) -> None:
    folder = make_bot(tmp_path)
    (folder / "bot.sqlite").unlink()
    make_database(folder / "bot.sqlite", [])
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "stake_currency": "USDC"}))
    assert made(folder, "2025-03-02").digest.currency == "USDC"


def test_a_day_at_the_end_of_the_calendar_is_wrong_usage() -> None:
    noon = datetime(2025, 3, 5, 12, tzinfo=UTC)
    for length in (Length.DAILY, Length.MONTHLY):
        with pytest.raises(UsageError, match="expected --of in a period that is over"):
            period_asked(length, pd.Timestamp(datetime(9999, 12, 31, tzinfo=UTC)), noon)


def test_slippage_is_of_the_trades_that_are_counted(tmp_path: Path) -> None:
    folder = make_bot(tmp_path, log=False)
    (folder / "bot.sqlite").unlink()
    other = [order(26, 0.03, 9.0, "buy"), order(30, 0.04, 9.0, "sell")]
    asked = {"open_rate_requested": 0.01, "close_rate_requested": 0.05, "stake_currency": "BTC"}
    coins = trade("ETH/BTC", other, closed=30, **asked)
    make_database(folder / "bot.sqlite", [*usual_trades(), coins])
    digest = made(folder, "2025-03-02").digest
    assert digest.drift is not None
    assert digest.drift.now.priced == 0
    assert digest.causes is not None
    assert digest.causes.slippage_usd == 0.0


def test_trades_that_cannot_be_told_are_not_called_none(tmp_path: Path) -> None:
    folder = make_bot(tmp_path, log=False)
    with closing(sqlite3.connect(folder / "bot.sqlite")) as connection:
        connection.execute("UPDATE trades SET is_open = 0, close_profit_abs = NULL")
        connection.commit()
    notes = made(folder, "2025-03-02").digest.notes
    assert any("can be told" in note and "lack a rate, a profit" in note for note in notes)
