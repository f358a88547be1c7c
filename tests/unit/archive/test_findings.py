import pandas as pd
import pytest

from plimsoll.archive.findings import BACKFILL, Finding, Severity, moment, refill, replace_file
from plimsoll.archive.layout import Kind, Series

SERIES = Series("BTC/USDT:USDT", Kind.FUNDING, "1h")


def test_a_record_has_the_span_in_utc_and_the_severity_in_words() -> None:
    first = pd.Timestamp("2024-03-01 08:00", tz="UTC")
    record = Finding(Severity.ERROR, "gap", SERIES, "text", "remedy", first, None, 3).record()
    assert (record["first"], record["last"], record["rows"]) == ("2024-03-01T08:00:00Z", None, 3)
    assert (record["severity"], record["kind"], record["timeframe"]) == ("error", "funding", "1h")


def test_errors_are_worse_than_warnings_and_these_than_notices() -> None:
    assert sorted(Severity, reverse=True) == [Severity.ERROR, Severity.WARNING, Severity.NOTICE]


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_a_command_that_fills_it(kind: Kind) -> None:
    series = Series("BTC/USDT:USDT", kind, "1h")
    command = refill(series)
    expected = f"--kinds {kind.value}" if kind.value in BACKFILL else "freqtrade download-data"
    assert expected in command
    assert replace_file(series) == f"move the file away and {command}"


def test_a_moment_is_written_to_the_minute() -> None:
    assert moment(pd.Timestamp("2024-03-01 08:00:59", tz="UTC")) == "2024-03-01 08:00"
