"""The last 30 days of open interest and ratios from the REST endpoints under /futures/data.

The daily files end a day or two ago; these endpoints reach up to now. Whether their labels mean
the start or the end of a period is not assumed: the exchange changed it silently
(`plimsoll.archive.metrics_file`), so each column is compared with the verified daily files and
stamped the way that fits.
"""

import asyncio
from dataclasses import dataclass

import numpy as np
import pandas as pd

from plimsoll.archive.http import Client, RateLimit, get_json
from plimsoll.archive.layout import COLUMNS, Kind
from plimsoll.archive.metrics_file import LABELS_START_FROM, STEP
from plimsoll.core import PlimsollError

REACH = pd.Timedelta(days=29, hours=23)
PUBLICATION_LAG = STEP
ROWS_A_REQUEST = 500
ENOUGH_OVERLAP = 12
FITTING_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint: its path, and which field of its rows is which column."""

    path: str
    fields: dict[str, str]


ENDPOINTS = {
    Kind.OPEN_INTEREST: (
        Endpoint(
            "openInterestHist",
            {
                "sumOpenInterest": "open_interest_amount",
                "sumOpenInterestValue": "open_interest_value",
            },
        ),
    ),
    Kind.RATIOS: (
        Endpoint("topLongShortAccountRatio", {"longShortRatio": "top_trader_account_ratio"}),
        Endpoint("topLongShortPositionRatio", {"longShortRatio": "top_trader_position_ratio"}),
        Endpoint("globalLongShortAccountRatio", {"longShortRatio": "account_ratio"}),
        Endpoint("takerlongshortRatio", {"buySellRatio": "taker_volume_ratio"}),
    ),
}


def request_limit() -> RateLimit:
    """Return the exchange's limit on these endpoints, 1000 in five minutes, less a tenth."""
    return RateLimit(900, 300.0)


async def recent_rows(
    client: Client,
    api_url: str,
    symbol: str,
    kind: Kind,
    known: pd.DataFrame,
    span: tuple[pd.Timestamp, pd.Timestamp],
    limit: RateLimit,
) -> pd.DataFrame:
    """Return the rows that the REST endpoints hold for a span.

    ``known`` holds rows from the daily files, whose stamps are right: they decide what the
    labels mean. ``span`` is the first instant wanted and the end, at most the exchange's now;
    rows less than five minutes older than that are left out, since they may still change.

    Raises
    ------
    PlimsollError
        When a column agrees with the daily files under neither meaning.
    """
    first, now = span
    tables = await asyncio.gather(
        *(
            _fetch(client, f"{api_url}/futures/data/{endpoint.path}", endpoint, symbol, span, limit)
            for endpoint in ENDPOINTS[kind]
        )
    )
    stamped = []
    for endpoint, table in zip(ENDPOINTS[kind], tables, strict=True):
        if table.empty:
            continue
        column = next(iter(endpoint.fields.values()))
        late = stamp_offset(table[column], known.set_index("date")[column], endpoint.path)
        stamped.append(table.set_axis(pd.DatetimeIndex(table.index) + late))
    columns = list(COLUMNS[kind])
    if not stamped:
        return pd.DataFrame(columns=columns).astype({"date": "datetime64[ms, UTC]"})
    rows = pd.concat(stamped, axis=1).sort_index()
    rows = rows[(rows.index >= first) & (rows.index <= now - PUBLICATION_LAG)]
    if kind is Kind.RATIOS:
        rows = rows.dropna()  # an endpoint that lags behind the others: its row comes next time
    return rows.rename_axis("date").reset_index().reindex(columns=columns)


def stamp_offset(
    published: "pd.Series[float]", known: "pd.Series[float]", endpoint: str
) -> pd.Timedelta:
    """Return what to add to an endpoint's labels so that they name the instant described.

    Of no shift and one period, the one under which more values equal the known ones; where both
    fit alike, the later. Without enough overlap the date of the exchange's change decides.

    ``published`` is one column by label, ``known`` the same by the instant it describes.

    Raises
    ------
    PlimsollError
        When fewer than eight in ten values agree under either.
    """
    fits: dict[pd.Timedelta, float] = {}
    for late in (STEP, pd.Timedelta(0)):
        moved = published.set_axis(pd.DatetimeIndex(published.index) + late)
        both = pd.concat([moved, known], axis=1, join="inner").dropna().to_numpy()
        if len(both) >= ENOUGH_OVERLAP:
            same = np.isclose(both[:, 0], both[:, 1], rtol=1e-6, atol=_rounding(both[:, 1]))
            fits[late] = float(same.mean())
    if not fits:
        changed = pd.Timestamp(LABELS_START_FROM, tz="UTC")
        return STEP if published.index[0] >= changed else pd.Timedelta(0)
    best = max(fits, key=lambda late: fits[late])
    if fits[best] < FITTING_SHARE:
        raise PlimsollError(
            f"{endpoint} agrees with the daily files in {fits[best]:.0%} of its values only, under "
            "either meaning of its labels; the recent days are left out until the next daily file"
        )
    return best


def _rounding(values: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> float:
    """Return how far REST values may lie off by rounding: ratios carry four decimals."""
    return 5.1e-5 if float(np.nanmedian(np.abs(values))) < 1_000 else 0.0


async def _fetch(
    client: Client,
    url: str,
    endpoint: Endpoint,
    symbol: str,
    span: tuple[pd.Timestamp, pd.Timestamp],
    limit: RateLimit,
) -> pd.DataFrame:
    """Return one endpoint's values by label."""
    first, now = span
    step_ms = int(STEP.total_seconds() * 1000)
    start, end = int(first.timestamp() * 1000) // step_ms * step_ms, int(now.timestamp() * 1000)
    rows: list[dict[str, object]] = []
    for begin in range(start, end + 1, ROWS_A_REQUEST * step_ms):
        parameters = {
            "symbol": symbol,
            "period": "5m",
            "limit": str(ROWS_A_REQUEST),
            "startTime": str(begin),
            "endTime": str(min(begin + ROWS_A_REQUEST * step_ms - 1, end)),
        }
        rows += await get_json(client, url, parameters, limit)
    try:
        labels = pd.to_datetime([int(str(row["timestamp"])) for row in rows], unit="ms", utc=True)
        values = {
            column: [np.nan if row[field] is None else float(str(row[field])) for row in rows]
            for field, column in endpoint.fields.items()
        }
    except (KeyError, ValueError) as error:
        raise PlimsollError(
            f"{url}: expected {', '.join(endpoint.fields)}, lacks {error}"
        ) from error
    table = pd.DataFrame(values, index=pd.DatetimeIndex(labels).as_unit("ms"))
    return table[~table.index.duplicated()].sort_index()
