"""What each kind of file must look like, as pandera schemas: columns, types, time zone."""

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from plimsoll.archive.findings import Finding, Severity, replace_file
from plimsoll.archive.layout import COLUMNS, Kind, Series

UTC_DATE = pd.DatetimeTZDtype("ms", "UTC")


def _schema(kind: Kind) -> pa.DataFrameSchema:
    values = {name: pa.Column("float64", nullable=True) for name in COLUMNS[kind][1:]}
    return pa.DataFrameSchema({"date": pa.Column(UTC_DATE, nullable=False), **values})


def schema_findings(series: Series, raw: pd.DataFrame) -> list[Finding]:
    """Return what is wrong with a file's columns, types and time zone.

    Missing columns and dates that are not tz-aware UTC are errors: Freqtrade drops such a file.
    Whole numbers where floats belong are a notice, since Freqtrade converts them.
    """
    try:
        _schema(series.kind).validate(raw, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases
        rows = cases[["column", "check", "failure_case"]].drop_duplicates(["column", "check"])
        return [_finding(series, raw, *map(str, row)) for row in rows.itertuples(index=False)]
    return []


def _finding(series: Series, raw: pd.DataFrame, column: str, check: str, case: str) -> Finding:
    if "column_in_dataframe" in check:
        text = f"expected the column {case}, found {', '.join(map(str, raw.columns))}"
        return Finding(Severity.ERROR, "columns", series, text, replace_file(series))
    if column == "date" and "dtype" in check:
        naive = not isinstance(raw["date"].dtype, pd.DatetimeTZDtype)
        zone = "" if naive else str(getattr(raw["date"].dtype, "tz", ""))
        unit_only = not naive and zone == "UTC"
        severity = Severity.NOTICE if unit_only else Severity.ERROR
        text = f"expected dates as {UTC_DATE}, found {case}"
        name = "date unit" if unit_only else "time zone"
        return Finding(severity, name, series, text, replace_file(series), rows=len(raw))
    if column == "date":
        text = "there are rows without a date"
        return Finding(Severity.ERROR, "columns", series, text, replace_file(series))
    whole = column in raw and pd.api.types.is_integer_dtype(raw[column])
    severity = Severity.NOTICE if whole else Severity.ERROR
    text = f"expected {column} as float64, found {case}"
    remedy = "none needed: Freqtrade converts it" if whole else replace_file(series)
    return Finding(severity, "dtype", series, text, remedy, rows=len(raw))
