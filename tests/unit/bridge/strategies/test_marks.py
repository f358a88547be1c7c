"""Marks are what pandas sets itself, to the bit."""

import pandas as pd
import pytest

from plimsoll.bridge.strategies.marks import mark

TAG = "enter_tag", "Rule_long"
BEFORE = {
    "as Freqtrade gives it": {"enter_tag": pd.Series(["", "", "", ""], dtype="str")},
    "marked on the other side": {
        "enter_tag": pd.Series(["", "", "Rule_short", ""], dtype="str"),
        "enter_short": [float("nan"), float("nan"), 1.0, float("nan")],
    },
    "without a tag": {},
    "with numbers": {"enter_tag": pd.Series(["", "", "", ""], dtype="str"), "enter_long": 0},
    "with objects": {"enter_tag": pd.Series([None, "", "", ""], dtype=object)},
}


@pytest.mark.parametrize("storage", ["python", "pyarrow"])
@pytest.mark.parametrize("rows", [(), (0,), (1, 3), (0, 1, 2, 3)])
@pytest.mark.parametrize("name", BEFORE)
def test_a_mark_is_what_pandas_sets(name: str, rows: tuple[int, ...], storage: str) -> None:
    with pd.option_context("mode.string_storage", storage):
        marked = pd.DataFrame({"close": [1.0, 2.0, 3.0, 4.0], **BEFORE[name]})
        by_pandas = marked.copy(deep=True)
        mask = pd.Series([row in rows for row in range(4)])
        mark(marked, mask, "enter_long", TAG)
        by_pandas.loc[mask, ["enter_long", TAG[0]]] = (1, TAG[1])
        pd.testing.assert_frame_equal(marked, by_pandas, check_exact=True)


def test_a_frame_that_shares_its_texts_is_left_alone() -> None:
    first = pd.DataFrame({"enter_tag": pd.Series(["", ""], dtype="str")})
    second = first.assign(close=1.0)
    mark(second, pd.Series([True, False]), "enter_long", TAG)
    assert first["enter_tag"].tolist() == ["", ""]
