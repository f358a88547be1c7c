import pytest

from plimsoll.venue.bybit import parameters as read
from plimsoll.venue.bybit.envelope import BybitError
from tests.unit.venue.markets import NOW_MS, exchange_at

DAY_MS = 86_400_000


def test_a_json_body_becomes_texts() -> None:
    body = '{"qty":"0.1","positionIdx":0,"reduceOnly":true,"price":null}'
    assert read.texts(body) == {"qty": "0.1", "positionIdx": "0", "reduceOnly": "true"}
    assert read.texts("") == {}


@pytest.mark.parametrize("body", ["[1]", "qty=1", "{", "7"])
def test_a_body_that_is_no_object_is_refused(body: str) -> None:
    with pytest.raises(BybitError, match="no JSON object"):
        read.texts(body)


def test_a_list_needs_to_know_what_it_is_about() -> None:
    exchange = exchange_at()
    linear = {"category": "linear"}
    assert read.chosen(exchange, {**linear, "settleCoin": "USDT"}, NOW_MS) is None
    assert read.chosen(exchange, {**linear, "symbol": "ETHUSDT"}, NOW_MS) == "ETHUSDT"
    assert read.chosen(exchange, {**linear, "baseCoin": "BTC"}, NOW_MS) == "BTCUSDT"
    for wrong in (linear, {"category": "spot", "symbol": "BTCUSDT"}, {"symbol": "BTCUSDT"}):
        with pytest.raises(BybitError) as refused:
            read.chosen(exchange, wrong, NOW_MS)
        assert refused.value.code == 10001


@pytest.mark.parametrize("text", ["-1", "nan", "inf", "ten", "1e16"])
def test_a_number_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BybitError):
        read.decimal({"qty": text}, "qty")


@pytest.mark.parametrize(
    ("given", "first", "last"),
    [
        ({}, NOW_MS - 7 * DAY_MS, NOW_MS),
        ({"startTime": "5"}, 5, 5 + 7 * DAY_MS),
        ({"endTime": str(9 * DAY_MS)}, 2 * DAY_MS, 9 * DAY_MS),
        ({"startTime": "5", "endTime": "9"}, 5, 9),
    ],
)
def test_a_history_covers_a_week(given: dict[str, str], first: int, last: int) -> None:
    assert read.week_of(given, NOW_MS) == (first, last)


@pytest.mark.parametrize(
    "given", [{"startTime": "9", "endTime": "5"}, {"startTime": "0", "endTime": str(8 * DAY_MS)}]
)
def test_more_than_a_week_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(BybitError):
        read.week_of(given, NOW_MS)


def test_pages_follow_one_another_to_the_end() -> None:
    rows, seen, cursor = list(range(7)), [], ""
    for _ in range(3):
        page = read.page_of(rows, {"limit": "3", "cursor": cursor}, 20, 50)
        seen += page["list"]
        cursor = page["nextPageCursor"]
    assert seen == rows
    assert cursor == ""
    with pytest.raises(BybitError):
        read.page_of(rows, {"limit": "51"}, 20, 50)
