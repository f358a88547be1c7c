"""A backfill against the venue: what it stores, resumes, refuses and reports."""

import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from aiohttp import web

from plimsoll.archive.backfill import at_opens, longest_runs
from plimsoll.archive.layout import Kind, Series
from plimsoll.archive.manifest import day_record, read_record
from plimsoll.archive.store import append_rows, file_sha256, read_series, write_frame
from plimsoll.core import PlimsollError
from plimsoll.venue.clock import parse_utc_ms
from plimsoll.venue.market.base import Window
from plimsoll.venue.market.intervals import INTERVALS
from tests.unit.archive.archives import Handler, absent, backfilled, spoil
from tests.unit.venue.markets import fresh

PAIR = "BTC/USDT:USDT"
NOW = "2025-03-05T14:37:21Z"
INTEREST = Series(PAIR, Kind.OPEN_INTEREST, "5m")
RATIOS = Series(PAIR, Kind.RATIOS, "5m")


def truth(first: str, last: str, now: str) -> pd.DataFrame:
    window = Window(parse_utc_ms(first), parse_utc_ms(last), 10**6)
    rows = fresh().open_interest("BTCUSDT", INTERVALS["5m"], window, parse_utc_ms(now))
    return pd.DataFrame(
        {"ms": rows["time_ms"], "amount": rows["amount"], "value": rows["value_usd"]}
    )


@pytest.mark.parametrize(
    ("now", "since"),
    [
        (NOW, "2025-01-20"),
        ("2026-07-20T03:00:00Z", "2026-06-20"),
        ("2026-11-20T09:00:00Z", "2026-10-01"),
    ],
    ids=["labels are instants", "across the change of labels", "labels start periods"],
)
def test_every_stored_value_is_that_of_its_instant_from_files_and_rest(
    tmp_path: Path, now: str, since: str
) -> None:
    outcome = backfilled(tmp_path, now=now, since=since)
    assert (outcome.problems, outcome.missing_days, outcome.revisions) == ([], {}, [])
    stored = read_series(INTEREST, tmp_path)
    begin = pd.Timestamp(since, tz="UTC") - pd.Timedelta(days=1)
    assert stored["date"].iloc[0] == begin + pd.Timedelta(minutes=5)
    assert stored["date"].iloc[-1] == (pd.Timestamp(now) - pd.Timedelta(minutes=5)).floor("5min")
    assert set(stored["date"].diff().dropna()) == {pd.Timedelta(minutes=5)}
    expected = truth(f"{stored['date'].iloc[0]:%Y-%m-%dT%H:%M:%SZ}", now, now)
    expected = expected.iloc[: len(stored)]
    assert (stored["date"].astype("int64") == expected["ms"]).all()
    assert stored["open_interest_amount"].to_numpy() == pytest.approx(expected["amount"].to_numpy())
    assert stored["open_interest_value"].to_numpy() == pytest.approx(expected["value"].to_numpy())
    assert len(read_series(RATIOS, tmp_path)) == len(stored)


def test_a_second_run_asks_for_nothing_twice_and_changes_nothing(tmp_path: Path) -> None:
    backfilled(tmp_path, now=NOW, since="2025-02-01")
    before = {series: file_sha256(series.path(tmp_path)) for series in (INTEREST, RATIOS)}
    asked: list[str] = []

    async def listen(request: web.Request, handler: Handler) -> web.StreamResponse:
        asked.append(request.path)
        return await handler(request)

    outcome = backfilled(tmp_path, now=NOW, since="2025-02-01", spoiler=listen)
    assert [path for path in asked if path.endswith(".zip")] == []
    assert sum(made.added for made in outcome.appended) == 0
    assert {series: file_sha256(series.path(tmp_path)) for series in before} == before


def test_a_run_cut_short_and_taken_up_gives_the_same_files(tmp_path: Path) -> None:
    straight, cut = tmp_path / "straight", tmp_path / "cut"
    backfilled(straight, now=NOW, since="2025-01-05")

    async def die(request: web.Request, handler: Handler) -> web.StreamResponse:
        if "metrics-2025-01-1" in request.path:
            return web.Response(status=400, text="dead")
        return await handler(request)

    backfilled(cut, now=NOW, since="2025-01-05", until="2025-01-25", spoiler=die)
    assert len(read_series(INTEREST, cut)) < len(read_series(INTEREST, straight))
    assert backfilled(cut, now=NOW, since="2025-01-05").problems == []
    for series in (INTEREST, RATIOS):
        pd.testing.assert_frame_equal(read_series(series, cut), read_series(series, straight))


def test_an_earlier_since_fills_what_lies_before(tmp_path: Path) -> None:
    backfilled(tmp_path, now=NOW, since="2025-02-15")
    backfilled(tmp_path, now=NOW, since="2025-01-15")
    dates = read_series(INTEREST, tmp_path)["date"]
    assert dates.iloc[0] == pd.Timestamp("2025-01-14 00:05", tz="UTC")
    assert set(dates.diff().dropna()) == {pd.Timedelta(minutes=5)}


def test_a_lost_file_is_filled_again_although_its_days_are_recorded(tmp_path: Path) -> None:
    backfilled(tmp_path, now=NOW, since="2025-01-20")
    lost = file_sha256(RATIOS.path(tmp_path))
    RATIOS.path(tmp_path).unlink()
    backfilled(tmp_path, now=NOW, since="2025-01-20")
    assert file_sha256(RATIOS.path(tmp_path)) == lost


def test_a_missing_day_is_reported_and_the_others_are_stored(tmp_path: Path) -> None:
    gone = absent("2025-01-12.zip.CHECKSUM", "2025-01-13.zip.CHECKSUM")
    outcome = backfilled(tmp_path, now=NOW, since="2025-01-05", until="2025-01-20", spoiler=gone)
    days = [date(2025, 1, 12), date(2025, 1, 13)]
    assert outcome.missing_days == {
        f"{PAIR} open_interest": days,
        f"{PAIR} ratios": days,
    }
    assert len(read_series(INTEREST, tmp_path)) == (17 - 2) * 288
    again = backfilled(tmp_path, now=NOW, since="2025-01-05", until="2025-01-20", recheck=True)
    assert again.missing_days == {}
    assert len(read_series(INTEREST, tmp_path)) == 17 * 288


@pytest.mark.parametrize(
    ("ending", "change", "said"),
    [
        ("01-12.zip", lambda body: body[:-50], "sha256"),
        ("01-12.zip.CHECKSUM", lambda body: b"0" * 64 + body[64:], "sha256"),
        ("01-12.zip.CHECKSUM", lambda body: b"<html>", "CHECKSUM"),
    ],
    ids=["truncated", "wrong checksum", "no checksum"],
)
def test_a_damaged_day_is_left_out_and_mended_by_the_next_run(
    tmp_path: Path, ending: str, change: object, said: str
) -> None:
    span = {"now": NOW, "since": "2025-01-10", "until": "2025-01-14"}
    outcome = backfilled(tmp_path, **span, spoiler=spoil(ending, change))  # type: ignore[arg-type]
    assert len(outcome.problems) == 1
    assert said in outcome.problems[0]
    assert "2025-01-12" in outcome.problems[0]
    assert len(read_series(INTEREST, tmp_path)) == 5 * 288
    assert backfilled(tmp_path, **span).problems == []  # type: ignore[arg-type]
    assert len(read_series(INTEREST, tmp_path)) == 6 * 288


@pytest.mark.parametrize(("days", "published"), [(20, False), (31, True)])
def test_a_day_that_was_not_published_is_asked_for_again_a_month_later(
    tmp_path: Path, days: int, published: bool
) -> None:
    gone = absent("2025-01-12.zip.CHECKSUM")
    backfilled(tmp_path, now=NOW, since="2025-01-05", until="2025-01-20", spoiler=gone)
    later = f"{pd.Timestamp(NOW) + pd.Timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"
    again = backfilled(tmp_path, now=later, since="2025-01-05", until="2025-01-20")
    assert (again.missing_days == {}) is published
    assert len(read_series(INTEREST, tmp_path)) == (17 - (not published)) * 288


def test_a_busy_exchange_is_waited_for(tmp_path: Path) -> None:
    refusals = {"left": 20}

    async def busy(request: web.Request, handler: Handler) -> web.StreamResponse:
        refusals["left"] -= 1
        if refusals["left"] > 0 and refusals["left"] % 2:
            return web.Response(status=429 if refusals["left"] % 4 == 1 else 503)
        return await handler(request)

    outcome = backfilled(tmp_path, now=NOW, since="2025-03-01", spoiler=busy)
    assert outcome.problems == []
    assert refusals["left"] <= 0


def test_revised_history_is_reported_and_the_first_version_kept(tmp_path: Path) -> None:
    span = {"now": NOW, "since": "2025-01-10", "until": "2025-01-14"}
    backfilled(tmp_path, **span)  # type: ignore[arg-type]
    stored = read_series(INTEREST, tmp_path)
    record = day_record(tmp_path, "BTCUSDT")
    altered = stored.copy()
    altered.loc[altered.index[300:310], "open_interest_amount"] *= 1.5
    write_frame(INTEREST.path(tmp_path), altered)
    quiet = backfilled(tmp_path, **span)  # type: ignore[arg-type]
    assert quiet.revisions == []
    days = read_record(record)
    days["2025-01-10"]["sha256"] = "another"
    record.write_text(pd.Series(days).to_json())
    loud = backfilled(tmp_path, **span, recheck=True)  # type: ignore[arg-type]
    assert [revision.rows for revision in loud.revisions] == [10]
    kept = read_series(INTEREST, tmp_path)
    pd.testing.assert_frame_equal(kept, altered)


def test_recheck_fetches_only_the_days_whose_hash_changed(tmp_path: Path) -> None:
    span = {"now": NOW, "since": "2025-01-10", "until": "2025-01-14"}
    backfilled(tmp_path, **span)  # type: ignore[arg-type]
    asked: list[str] = []

    async def listen(request: web.Request, handler: Handler) -> web.StreamResponse:
        asked.append(request.path)
        return await handler(request)

    backfilled(tmp_path, **span, recheck=True, spoiler=listen)  # type: ignore[arg-type]
    assert sum(path.endswith(".CHECKSUM") for path in asked) == 6
    assert sum(path.endswith(".zip") for path in asked) == 0


def test_a_symbol_that_no_longer_trades_is_named_and_its_pair_alone_falls_short(
    tmp_path: Path,
) -> None:
    outcome = backfilled(
        tmp_path, now=NOW, since="2025-02-25", pairs=("LUNA/USDT:USDT", "ETH/USDT:USDT")
    )
    [problem] = outcome.problems
    assert "misspelt, renamed or delisted; no daily files of it are there" in problem
    assert (outcome.notes, outcome.missing_days) == ([], {})
    assert len(read_series(Series("ETH/USDT:USDT", Kind.OPEN_INTEREST, "5m"), tmp_path)) > 2000


def test_a_span_before_the_listing_is_refused_with_the_day_of_listing(tmp_path: Path) -> None:
    outcome = backfilled(tmp_path, now=NOW, since="2018-01-01", until="2018-02-01")
    assert [problem.split(";")[0] for problem in outcome.problems] == [
        f"{PAIR}: listed on 2019-09-08, so there is nothing until 2018-02-01"
    ]
    assert not INTEREST.path(tmp_path).exists()


def test_a_since_before_the_listing_starts_there(tmp_path: Path) -> None:
    outcome = backfilled(tmp_path, now=NOW, since="2018-01-01", until="2019-09-20")
    assert outcome.notes == [f"{PAIR}: listed on 2019-09-08, filled from there"]
    assert outcome.problems == []
    first = read_series(INTEREST, tmp_path)["date"].iloc[0]
    assert first == pd.Timestamp("2019-09-08 00:05", tz="UTC")


def test_a_beginning_that_is_not_published_is_missing(tmp_path: Path) -> None:
    days = [f"2025-01-{day:02d}" for day in range(4, 9)]
    gone = absent(*(f"{day}.zip.CHECKSUM" for day in days))
    outcome = backfilled(tmp_path, now=NOW, since="2025-01-05", until="2025-01-20", spoiler=gone)
    asked = [date.fromisoformat(day) for day in days[1:]]
    assert outcome.missing_days == {f"{PAIR} open_interest": asked, f"{PAIR} ratios": asked}
    assert outcome.problems == []


def test_coarser_timeframes_hold_the_value_at_the_opening_instant(tmp_path: Path) -> None:
    backfilled(tmp_path, now=NOW, since="2025-02-20", timeframes=("1h", "4h", "1d", "1m"))
    fine = read_series(INTEREST, tmp_path).set_index("date")["open_interest_amount"]
    for timeframe, every in (("1h", "1h"), ("4h", "4h"), ("1d", "1D")):
        rows = read_series(Series(PAIR, Kind.OPEN_INTEREST, timeframe), tmp_path)
        assert (rows["date"].dt.floor(every) == rows["date"]).all()
        assert rows["open_interest_amount"].tolist() == fine[rows["date"]].tolist()
    assert not Series(PAIR, Kind.OPEN_INTEREST, "1m").path(tmp_path).exists()


def test_nothing_is_filled_in_at_an_opening_instant_without_a_row() -> None:
    dates = pd.date_range("2025-01-01", periods=25, freq="5min", tz="UTC")
    fine = pd.DataFrame({"date": dates.delete(12), "open_interest_amount": 1.0})
    assert at_opens(fine, "1h")["date"].dt.hour.tolist() == [0, 2]


def test_weeks_open_on_mondays() -> None:
    dates = pd.date_range("2025-01-01", periods=21 * 288, freq="5min", tz="UTC")
    weeks = at_opens(pd.DataFrame({"date": dates}), "1w")["date"]
    assert weeks.dt.day_name().tolist() == ["Monday"] * 3


def test_months_open_on_their_first_day() -> None:
    dates = pd.date_range("2025-01-15", "2025-04-15", freq="5min", tz="UTC")
    opens = at_opens(pd.DataFrame({"date": dates}), "1M")["date"]
    assert [f"{moment:%m-%d %H:%M}" for moment in opens] == [
        "02-01 00:00", "03-01 00:00", "04-01 00:00",
    ]  # fmt: skip


def test_an_exchange_that_is_not_there_fails_with_its_address(tmp_path: Path) -> None:
    async def down(request: web.Request, handler: Handler) -> web.StreamResponse:
        del request, handler
        return web.Response(status=503, text="outage")

    with pytest.raises(PlimsollError, match=r"fapi/v1/time failed 6 times"):
        backfilled(tmp_path, now=NOW, since="2025-03-01", spoiler=down)


def test_rest_rows_that_agree_with_no_daily_file_are_left_out(tmp_path: Path) -> None:
    backfilled(tmp_path, now=NOW, since="2025-02-25", kinds=(Kind.OPEN_INTEREST,))
    stored = read_series(INTEREST, tmp_path)
    other = tmp_path / "other"
    shutil.copytree(tmp_path / "plimsoll", other / "plimsoll")
    wrong = stored.iloc[: 9 * 288 + 1].assign(
        open_interest_amount=lambda rows: rows["open_interest_amount"] * 2
    )
    append_rows(INTEREST, wrong, other)
    outcome = backfilled(other, now=NOW, since="2025-02-25", kinds=(Kind.OPEN_INTEREST,))
    assert "under either meaning" in outcome.problems[0]
    assert len(read_series(INTEREST, other)) == 9 * 288 + 1


def test_days_are_told_as_runs() -> None:
    days = [date(2025, 1, 3), date(2025, 1, 1), date(2025, 1, 2), date(2025, 1, 7)]
    assert longest_runs(days) == [
        (date(2025, 1, 1), date(2025, 1, 3)),
        (date(2025, 1, 7), date(2025, 1, 7)),
    ]
