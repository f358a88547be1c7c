"""How far the price went against and for each trade while it was open (Sweeney 1996)."""

import pandas as pd


def excursions(trades: pd.DataFrame) -> pd.DataFrame:
    """Return the greatest adverse and favourable excursion of each closed trade.

    ``trades``: rows with ``min_rate`` and ``max_rate``, the extremes of the price while open.

    Returns a frame on the index of the trades that have both extremes: ``adverse_fraction`` and
    ``favourable_fraction`` of the (average) entry price, 0 or more, without leverage and costs;
    ``profit_fraction``, the profit after costs over the entry's value; ``is_win``. NaN rule: a
    trade without recorded extremes is left out.
    """
    rows = trades[
        trades["close_date"].notna() & trades["min_rate"].notna() & trades["max_rate"].notna()
    ]
    entry = rows["open_rate"]
    below = (entry - rows["min_rate"]) / entry
    above = (rows["max_rate"] - entry) / entry
    short = rows["is_short"].astype("bool")
    return pd.DataFrame(
        {
            "adverse_fraction": below.where(~short, above).clip(lower=0.0),
            "favourable_fraction": above.where(~short, below).clip(lower=0.0),
            "profit_fraction": rows["profit_abs"] / (rows["amount"] * entry),
            "is_win": rows["profit_abs"] > 0.0,
        },
        index=rows.index,
    )
