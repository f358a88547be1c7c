"""Features of two pairs, of which one knows the label and the rest know nothing."""

import numpy as np
import pandas as pd


def market(rows: int = 3_000, *, seed: int = 1) -> tuple[pd.DataFrame, "pd.Series[str]"]:
    """Return features by date and pair, and the labels that ``knows`` half tells."""
    lot = np.random.default_rng(seed)
    dates = pd.date_range("2024-01-01", periods=rows, freq="h", tz="UTC")
    index = pd.MultiIndex.from_product([dates, ["A", "B"]], names=["date", "pair"])
    knows = lot.normal(size=len(index))
    walk = lot.normal(size=len(index)).cumsum()
    features = pd.DataFrame(
        {"knows": knows, "walk": walk, "noise": lot.normal(size=len(index))}, index
    )
    said = knows + lot.normal(size=len(index))
    return features, pd.Series(np.where(said > 0, "up", "down"), index)
