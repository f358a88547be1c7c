"""The levels on record: what is stored, what cannot be read, and what a start makes of it."""

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import datetime, timedelta, timezone
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest
from freqtrade.persistence import KeyValueStore, WalletHistory
from freqtrade.persistence.base import ModelBase
from freqtrade.persistence.usedb_context import enable_database_use

from plimsoll.bridge.account.levels import LiveLevels
from plimsoll.bridge.account.stored_levels import (
    BEGINNING,
    KEY,
    Recorded,
    StoredLevels,
    UnreadableLevelsError,
    read_levels,
    recorded_levels,
    store_levels,
)
from plimsoll.core import ClosedTrade
from plimsoll.risk import RiskProfile
from tests.unit.bridge.account.test_levels import DAY, HOUR, MIDNIGHT, NOW
from tests.unit.bridge.trades import database_trades
from tests.unit.risk.accounts import closed

NOTHING = StoredLevels()
STORED = StoredLevels(
    day_at=MIDNIGHT, day_usd=1000.0, high_usd=1000.0, since=BEGINNING, capital_usd=1000.0
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[None]:
    with database_trades(tmp_path / "bot.sqlite"):
        enable_database_use()
        yield
        enable_database_use()


def trade(profit: float, at: datetime) -> ClosedTrade:
    return closed(profit, closed_at=at)


def record(
    *trades: ClosedTrade,
    since: datetime | None = None,
    outside: float = 0.0,
    now: datetime = NOW,
    stored: StoredLevels | None = NOTHING,
    **limits: Any,
) -> Recorded:
    return recorded_levels(
        read_levels() if stored is NOTHING else stored,
        now,
        starting_balance_usd=1000.0,
        outside_usd=outside,
        closed=trades,
        since=since,
        profile=RiskProfile(**limits),
    )


def recorded(*trades: ClosedTrade, **others: Any) -> tuple[float, float]:
    """The day's start and the high."""
    return record(*trades, **others)[:2]


def store(**changed: Any) -> None:
    store_levels(replace(STORED, **changed))


def history(at: datetime, *totals: float | None, managed: bool = True) -> None:
    """Write a day of Freqtrade's wallet history: one row a currency or position."""
    for number, total in enumerate(totals):
        row = WalletHistory(
            timestamp=at.replace(tzinfo=None),
            currency=f"COIN{number}{managed}",
            quote_currency="USDT",
            balance=1.0,
            leverage=1.0,
            total_quote=total,
            bot_managed=managed,
        )
        WalletHistory.session.add(row)
    WalletHistory.session.commit()


@pytest.mark.usefixtures("database")
class TestRecorded:
    def test_an_empty_database_gives_the_starting_balance(self) -> None:
        assert recorded() == (1000.0, 1000.0)

    def test_the_day_begins_with_what_was_realised_before_it(self) -> None:
        at = trade(-7.0, MIDNIGHT), trade(-30.0, NOW - HOUR)
        assert recorded(trade(50.0, MIDNIGHT - HOUR), *at) == (1050.0, 1050.0)

    def test_the_day_begins_at_the_profiles_hour(self) -> None:
        start, _ = recorded(
            trade(50.0, MIDNIGHT - HOUR),
            trade(-30.0, MIDNIGHT + 4 * HOUR),
            day_starts_at_hour_utc=5,
        )
        assert start == 1020.0

    def test_the_high_is_the_highest_realised_equity(self) -> None:
        days = [NOW - count * DAY for count in (4, 3, 2)]
        trades = map(trade, (200.0, -500.0, 100.0), days)
        assert recorded(*trades)[1] == 1200.0

    def test_an_account_that_only_lost_has_its_start_for_a_high(self) -> None:
        assert recorded(trade(-100.0, NOW - 2 * DAY)) == (900.0, 1000.0)

    def test_after_a_rearming_the_high_begins_with_the_equity_then(self) -> None:
        since = NOW - 3 * DAY
        before = [trade(500.0, since - DAY), trade(-300.0, since)]
        assert recorded(*before, since=since)[1] == 1200.0
        assert recorded(*before, trade(40.0, since + HOUR), since=since)[1] == 1240.0
        assert recorded(*before, trade(-40.0, since + HOUR), since=since)[1] == 1200.0

    def test_the_wallet_history_counts_what_is_the_bots(self) -> None:
        # 1,300 in two rows; another 700 is a person's own coin, one row has no price.
        history(MIDNIGHT - DAY, 900.0, 400.0, None)
        history(MIDNIGHT - DAY, 700.0, managed=False)
        history(MIDNIGHT, 1100.0)
        assert recorded()[1] == 1300.0

    def test_what_lies_outside_of_the_bots_share_is_taken_off(self) -> None:
        history(MIDNIGHT, 2400.0)
        assert recorded(outside=1000.0)[1] == 1400.0

    def test_only_the_history_since_the_rearming_counts(self) -> None:
        history(MIDNIGHT - 3 * DAY, 3000.0)
        history(MIDNIGHT - DAY, 1300.0)
        assert recorded(since=MIDNIGHT - 3 * DAY)[1] == 1300.0
        assert recorded(since=MIDNIGHT - 3 * DAY - HOUR)[1] == 3000.0

    def test_a_restart_finds_the_levels_that_were_stored(self) -> None:
        store(day_usd=970.0, high_usd=1234.5)
        assert recorded() == (970.0, 1234.5)

    def test_the_stored_day_is_of_no_use_on_the_next(self) -> None:
        store(day_usd=970.0)
        assert recorded(trade(25.0, NOW), now=NOW + DAY)[0] == 1025.0

    def test_a_day_that_begins_at_another_hour_is_another_day(self) -> None:
        store(day_usd=970.0)
        assert recorded(day_starts_at_hour_utc=3)[0] == 1000.0

    def test_realised_profit_beside_open_losses_does_not_raise_a_stored_high(self) -> None:
        """Equity was never 1,400: an open loss stood against the profit all the time."""
        store(high_usd=1050.0)
        assert recorded(trade(400.0, NOW - HOUR))[1] == 1050.0

    def test_a_high_from_before_the_rearming_does_not_count(self) -> None:
        store(high_usd=5000.0)
        assert recorded(since=NOW)[1] == 1000.0
        store(high_usd=5000.0, since=NOW - DAY)
        assert recorded(since=NOW)[1] == 1000.0

    def test_a_high_since_the_rearming_counts(self) -> None:
        store(high_usd=880.0, since=NOW)
        assert recorded(since=NOW)[1] == 880.0

    def test_a_rearming_that_was_noticed_a_loop_later_counts(self) -> None:
        store(high_usd=880.0, since=NOW + timedelta(seconds=5))
        assert recorded(since=NOW)[1] == 880.0

    def test_levels_that_are_unknown_are_not_stored(self) -> None:
        levels = LiveLevels(RiskProfile(), rearmed_at=None)
        levels.store(NOW, starting_balance_usd=None)
        assert read_levels() == NOTHING
        levels.observe(NOW, 1000.0)
        levels.store(NOW, starting_balance_usd=None)
        stored = read_levels()
        assert (stored.day_usd, stored.high_usd, stored.mark_usd) == (1000.0, 1000.0, 1000.0)


# What the database knows of the moment before


def known(*trades: ClosedTrade) -> float:
    return recorded(*trades)[0]


@pytest.mark.usefixtures("database")
class TestKnown:
    def test_the_last_mark_before_the_day(self) -> None:
        store_levels(StoredLevels(mark_usd=970.0, mark_at=MIDNIGHT - HOUR))
        assert known(trade(50.0, MIDNIGHT - 2 * HOUR)) == 970.0

    def test_what_was_stored_of_the_day_itself_comes_first(self) -> None:
        store(day_usd=980.0, mark_usd=970.0, mark_at=NOW)
        assert known() == 980.0

    def test_realised_equity_where_a_trade_closed_in_between_and_it_is_higher(self) -> None:
        store_levels(StoredLevels(mark_usd=970.0, mark_at=MIDNIGHT - 2 * HOUR))
        assert known(trade(50.0, MIDNIGHT - HOUR)) == 1050.0
        assert known(trade(-50.0, MIDNIGHT - HOUR)) == 970.0
        assert known(trade(50.0, NOW - HOUR)) == 970.0

    def test_realised_equity_where_nothing_was_marked(self) -> None:
        assert known(trade(50.0, MIDNIGHT - HOUR)) == 1050.0

    def test_the_last_mark_moves_with_the_capital(self) -> None:
        store(day_at=MIDNIGHT - DAY, capital_usd=600.0, mark_usd=570.0, mark_at=NOW - DAY)
        assert known() == 970.0

    def test_the_record_says_whether_the_day_was_marked(self) -> None:
        assert not record().day_was_marked
        store(day_at=MIDNIGHT - DAY)
        assert not record().day_was_marked
        store()
        assert record().day_was_marked


# One value


WIDEST = StoredLevels(
    day_at=MIDNIGHT,
    day_usd=-1.2345678901234567e-05,
    high_usd=12345.678901234567,
    since=NOW.replace(microsecond=123456),
    capital_usd=12345.678901234567,
    mark_usd=-1.2345678901234567e-05,
    mark_at=NOW.replace(microsecond=123456),
)


def raw() -> Any:
    return KeyValueStore.get_value(KEY)  # type: ignore[arg-type]


def write_raw(value: Any) -> None:
    KeyValueStore.store_value(KEY, value)  # type: ignore[arg-type]


def altered(**changed: Any) -> str:
    """What is stored for `STORED`, with other fields."""
    store_levels(STORED)
    return json.dumps({**json.loads(raw()), **changed})


@pytest.mark.usefixtures("database")
class TestOneValue:
    @pytest.mark.parametrize("levels", [NOTHING, STORED, WIDEST])
    def test_what_is_stored_is_read_as_it_was(self, levels: StoredLevels) -> None:
        store_levels(levels)
        assert read_levels() == levels

    def test_a_time_of_another_zone_is_the_same_moment(self) -> None:
        moment = NOW.astimezone(timezone(timedelta(hours=5)))
        store_levels(replace(STORED, mark_at=moment))
        assert read_levels().mark_at == NOW

    def test_it_fits_freqtrades_column(self) -> None:
        """SQLite does not mind a longer text, other databases refuse it."""
        store_levels(WIDEST)
        column = ModelBase.metadata.tables["KeyValueStore"].c.string_value
        assert len(raw()) <= column.type.length == 255

    @pytest.mark.parametrize("bad", [nan, inf, -inf])
    def test_what_is_no_number_is_not_stored(self, bad: float) -> None:
        store_levels(STORED)
        with pytest.raises(ValueError, match="not JSON compliant"):
            store_levels(replace(STORED, high_usd=bad))
        assert read_levels() == STORED

    def test_money_that_came_or_went_moves_every_level(self) -> None:
        assert WIDEST.shifted(100.0) == replace(
            WIDEST,
            day_usd=WIDEST.day_usd + 100.0,
            high_usd=WIDEST.high_usd + 100.0,
            capital_usd=WIDEST.capital_usd + 100.0,
            mark_usd=WIDEST.mark_usd + 100.0,
        )
        assert NOTHING.shifted(100.0) == NOTHING

    def test_what_noise_explains_moves_nothing(self) -> None:
        assert STORED.at_capital(1009.0) == STORED
        assert STORED.at_capital(1020.0) == STORED.shifted(20.0)
        assert NOTHING.at_capital(1020.0) == NOTHING


# Of a version that stored each figure under a key of its own


FORMER = {
    "plimsoll_day_start": MIDNIGHT,
    "plimsoll_day_start_equity": 970.0,
    "plimsoll_high_water_equity": 1234.5,
    "plimsoll_high_water_since": BEGINNING,
    "plimsoll_starting_balance": 1000.0,
    "plimsoll_last_equity": 990.0,
    "plimsoll_last_equity_at": NOW,
}


def leave(values: dict[str, Any]) -> None:
    """Write values under their keys, as the version before did."""
    for key, value in values.items():
        KeyValueStore.store_value(key, value)  # type: ignore[arg-type]


@pytest.mark.usefixtures("database")
class TestFormerKeys:
    def test_an_upgrade_keeps_every_level(self) -> None:
        leave(FORMER)
        assert read_levels() == StoredLevels(
            day_at=MIDNIGHT,
            day_usd=970.0,
            high_usd=1234.5,
            since=BEGINNING,
            capital_usd=1000.0,
            mark_usd=990.0,
            mark_at=NOW,
        )
        assert record() == (970.0, 1234.5, True)
        assert record(now=NOW + DAY) == (990.0, 1234.5, False)
        assert record(since=NOW) == (970.0, 1000.0, True)

    @pytest.mark.parametrize("missing", list(FORMER))
    def test_a_figure_that_was_never_stored_is_unknown(self, missing: str) -> None:
        leave({key: value for key, value in FORMER.items() if key != missing})
        stored = read_levels()
        assert list(vars_of(stored).values()).count(None) == 1
        store_levels(stored)
        assert read_levels() == stored

    def test_the_first_new_value_takes_their_place(self) -> None:
        leave(FORMER)
        store_levels(STORED)
        assert read_levels() == STORED


def vars_of(stored: StoredLevels) -> dict[str, Any]:
    return {field.name: getattr(stored, field.name) for field in fields(stored)}


# What cannot be read


@pytest.mark.usefixtures("database")
class TestUnreadable:
    @pytest.mark.parametrize(
        "text",
        ["", "nothing", "5", "null", "[]", "{}", '{"day_at":null}', 5.0, 7, NOW],
        ids=repr,
    )
    def test_a_value_of_another_kind_is_not_nothing(self, text: Any) -> None:
        leave(FORMER)
        write_raw(text)
        with pytest.raises(UnreadableLevelsError, match="expected equity levels under"):
            read_levels()

    @pytest.mark.parametrize(
        "changed",
        [
            {"high_usd": nan},
            {"high_usd": inf},
            {"high_usd": "1000"},
            {"high_usd": 10**400},
            {"mark_at": 5.0},
            {"mark_at": "yesterday"},
            {"mark_at": "2026-11-19T00:00:00"},
            {"more": 1.0},
        ],
        ids=repr,
    )
    def test_a_field_that_is_none_of_ours_spoils_the_value(self, changed: Any) -> None:
        write_raw(altered(**changed))
        with pytest.raises(UnreadableLevelsError):
            read_levels()

    def test_a_value_that_was_cut_off_is_not_nothing(self) -> None:
        store_levels(WIDEST)
        write_raw(raw()[:-1])
        with pytest.raises(UnreadableLevelsError):
            read_levels()

    def test_the_day_starts_with_the_higher_of_closed_trades_and_wallet_history(self) -> None:
        history(MIDNIGHT - DAY, 1900.0)
        assert record(stored=None) == (1000.0, 1900.0, False)
        history(MIDNIGHT, 1300.0)
        assert record(stored=None) == (1300.0, 1900.0, False)
        assert record(stored=None, outside=400.0) == (1000.0, 1500.0, False)
        earned = trade(500.0, MIDNIGHT - HOUR)
        assert record(earned, stored=None) == (1500.0, 1900.0, False)

    def test_a_bot_that_finds_it_says_so_and_writes_a_new_one(self) -> None:
        store(day_usd=1400.0)
        write_raw(raw()[:-1])
        history(MIDNIGHT, 1300.0)
        levels = LiveLevels(RiskProfile(), rearmed_at=None)
        fault = levels.begin(NOW, starting_balance_usd=1000.0, outside_usd=0.0, closed=())
        assert fault is not None
        assert "expected equity levels" in fault
        for count in range(2):
            levels.observe(NOW + count * timedelta(seconds=5), 1250.0)
        levels.store(NOW, starting_balance_usd=1000.0)
        assert read_levels() == StoredLevels(
            day_at=MIDNIGHT,
            day_usd=1300.0,
            high_usd=1300.0,
            since=BEGINNING,
            capital_usd=1000.0,
            mark_usd=1250.0,
            mark_at=NOW + timedelta(seconds=5),
        )


# Which days of the wallet history count beside a stored high


@pytest.mark.usefixtures("database")
class TestUnmarkedDays:
    def test_the_history_of_a_day_that_was_marked_does_not_count(self) -> None:
        store()
        history(MIDNIGHT, 5000.0)
        assert recorded()[1] == 1000.0

    def test_that_of_the_midnight_at_which_it_ends_does(self) -> None:
        store()
        history(MIDNIGHT + DAY, 5000.0)
        assert recorded()[1] == 5000.0

    def test_a_midnight_within_a_day_that_begins_an_hour_after_it_does_not(self) -> None:
        store(day_at=MIDNIGHT + HOUR)
        history(MIDNIGHT + DAY, 5000.0)
        assert recorded(day_starts_at_hour_utc=1)[1] == 1000.0
        history(MIDNIGHT + 2 * DAY, 4000.0)
        assert recorded(day_starts_at_hour_utc=1)[1] == 4000.0


# A bot that has no mark of its own yet


@pytest.mark.usefixtures("database")
class TestHandedOn:
    """The mark before this start is kept, and moves with money that came or went."""

    def begun(self, capital: float) -> LiveLevels:
        store(mark_usd=990.0, mark_at=NOW)
        levels = LiveLevels(RiskProfile(), rearmed_at=None)
        asked: dict[str, Any] = {"outside_usd": 0.0, "closed": ()}
        assert levels.begin(NOW, starting_balance_usd=capital, **asked) is None
        return levels

    def test_when_the_bot_starts_with_another_capital(self) -> None:
        self.begun(1500.0).store(NOW, starting_balance_usd=1500.0)
        assert read_levels() == replace(STORED.shifted(500.0), mark_usd=1490.0, mark_at=NOW)

    def test_when_the_capital_moves_while_it_runs(self) -> None:
        levels = self.begun(1000.0)
        levels.shift(500.0)
        levels.store(NOW, starting_balance_usd=1500.0)
        assert read_levels() == replace(STORED.shifted(500.0), mark_usd=1490.0, mark_at=NOW)
