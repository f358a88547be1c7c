from collections.abc import Callable

import pandas as pd
import pytest

from plimsoll.archive.findings import Severity
from plimsoll.archive.layout import Kind, Series
from plimsoll.archive.schemas import schema_findings

SERIES = Series("BTC/USDT:USDT", Kind.FUNDING, "1h")
Change = Callable[[pd.DataFrame], pd.DataFrame]


def rows() -> pd.DataFrame:
    dates = pd.date_range("2024-03-01", periods=3, freq="8h", tz="UTC").as_unit("ms")
    return pd.DataFrame({"date": dates, "funding_rate": [1e-4, float("nan"), -1e-4]})


def _dates(change: Callable[["pd.Series[pd.Timestamp]"], object]) -> Change:
    return lambda frame: frame.assign(date=change(frame["date"]))


def test_rows_as_freqtrade_writes_them_have_no_finding() -> None:
    assert schema_findings(SERIES, rows()) == []


@pytest.mark.parametrize(
    ("change", "severity", "check"),
    [
        (lambda frame: frame.drop(columns="funding_rate"), Severity.ERROR, "columns"),
        (_dates(lambda dates: dates.dt.tz_localize(None)), Severity.ERROR, "time zone"),
        (_dates(lambda dates: dates.dt.tz_convert("Asia/Tokyo")), Severity.ERROR, "time zone"),
        (_dates(lambda dates: dates.dt.as_unit("ns")), Severity.NOTICE, "date unit"),
        (_dates(lambda dates: dates.where(dates.index > 0)), Severity.ERROR, "columns"),
        (lambda frame: frame.assign(funding_rate=[1, 2, 3]), Severity.NOTICE, "dtype"),
        (lambda frame: frame.assign(funding_rate=["1", "2", "3"]), Severity.ERROR, "dtype"),
    ],
)
def test_another_shape_is_found_with_its_severity(
    change: Change, severity: Severity, check: str
) -> None:
    [one] = schema_findings(SERIES, change(rows()))
    assert (one.severity, one.check, one.series) == (severity, check, SERIES)
    assert one.text
    assert one.remedy
