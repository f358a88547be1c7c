"""A real bot that takes its candles by WebSocket, while the stream is sound and while it is not."""

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.support.drill import Drill, DrillPlan, drill

pytestmark = [pytest.mark.freqtrade, pytest.mark.slow]
PAIRS = ("BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT")
PATIENCE = 400.0
CANDLES = 4


def plan(*, streams: bool) -> DrillPlan:
    return DrillPlan(
        strategy="SentSignal",
        speed=3.0,
        throttle_seconds=5,
        pairs=PAIRS,
        risk={"max_candle_delay_seconds": 20, "max_blind_seconds": 3600},
        overlay={
            "max_open_trades": 0,
            "exchange": {
                "pair_whitelist": list(PAIRS),
                "enable_ws": streams,
                "_ft_has_params": {"ws_enabled": streams},
            },
        },
    )


def ask(bot: Drill, path: str) -> Any:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{bot.venue.url}{path}", timeout=60) as answer:
        return json.load(answer)


def asked_over_http(bot: Drill) -> int:
    return int(ask(bot, "/plimsoll/stats")["by_path"].get("/fapi/v1/klines", 0))


def candles_pass(bot: Drill, count: int) -> int:
    """Let so many candles close; return how often the bot asked for candles over HTTP."""
    before, began = asked_over_http(bot), bot.now()
    bot.wait_until(
        lambda: (bot.now() - began).total_seconds() >= 60 * count,
        seconds=PATIENCE,
        what=f"{count} candles",
    )
    return asked_over_http(bot) - before


def half_formed(bot: Drill, count: int) -> list[tuple[str, str, str]]:
    """Return the bot's latest candles that are not the exchange's, by pair, time and column."""
    wrong = []
    for pair in PAIRS:
        shown = bot.rest.pair_candles(pair, "1m", count)
        symbol = pair.partition("/")[0] + "USDT"
        rows = ask(bot, f"/fapi/v1/klines?symbol={symbol}&interval=1m&limit={3 * count}")
        theirs = {int(row[0]): [float(value) for value in row[1:6]] for row in rows}
        places = {name: place for place, name in enumerate(shown["columns"])}
        for row in shown["data"]:
            at = int(row[places["__date_ts"]])
            for place, name in enumerate(("open", "high", "low", "close", "volume")):
                if at not in theirs or row[places[name]] != pytest.approx(theirs[at][place]):
                    wrong.append((pair, row[places["date"]], name))
    return wrong


def test_candles_come_by_stream_and_over_http_where_the_stream_fails(tmp_path: Path) -> None:
    for name in ("http", "stream"):
        (tmp_path / name).mkdir()
    with drill(tmp_path / "http", plan(streams=False)) as bot:
        candles_pass(bot, 1)
        without = candles_pass(bot, CANDLES)
        assert half_formed(bot, CANDLES) == []
    with drill(tmp_path / "stream", plan(streams=True)) as bot:
        candles_pass(bot, 2)
        events = ask(bot, "/plimsoll/stats")["events"]
        streamed = candles_pass(bot, CANDLES)
        events = ask(bot, "/plimsoll/stats")["events"] - events
        assert half_formed(bot, CANDLES) == []
        found: dict[str, Any] = {"over HTTP": without, "with streams": streamed, "events": events}
        assert streamed <= without / 3, found
        assert events > CANDLES * len(PAIRS) * 10, found
        for kind in ("silent-streams", "late-streams", "dropped-sockets"):
            bot.venue._ask("plimsoll/faults", {"kind": kind})
            found[kind] = candles_pass(bot, 3)
            assert half_formed(bot, 2) == [], kind
            assert found[kind] >= 2 * len(PAIRS), found
            request = urllib.request.Request(
                f"{bot.venue.url}/plimsoll/faults", method="DELETE", data=b"{}"
            )
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request).close()
            candles_pass(bot, 2)
            assert half_formed(bot, 8) == [], f"after {kind}"
        found["again"] = candles_pass(bot, 2)
        assert found["again"] <= len(PAIRS), found
        (tmp_path / "found.json").write_text(json.dumps(found), encoding="utf-8")
        print(found)
