"""What a record may hold: values in canonical form, and never a secret."""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from plimsoll.core import Mode, Side
from plimsoll.journal.canonical import REDACTED
from plimsoll.journal.check import verify
from plimsoll.journal.config_difference import flat_config
from plimsoll.journal.kind import Kind
from plimsoll.journal.log import DecisionLog
from tests.unit.journal.decisions import START, raw, utc, written

TOKEN = "98765:telegram-token-of-a-bot"


class Colour(Enum):
    RED = 1


class Level(IntEnum):
    HIGH = 3


@dataclass(frozen=True)
class Point:
    x: float
    y: object = None


class Silent:
    def __str__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("value", "written_value"),
    [
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (0.1 + 0.2, 0.1 + 0.2),
        (2**64, str(2**64)),
        (-(2**63), -(2**63)),
        (Decimal("1.10"), "1.10"),
        (Decimal("NaN"), "nan"),
        (utc("2026-11-20T14:05:00"), "2026-11-20T14:05:00Z"),
        (date(2026, 11, 20), "2026-11-20"),
        (timedelta(minutes=1), 60.0),
        (pd.Timestamp("2026-11-20", tz="UTC"), "2026-11-20T00:00:00Z"),
        (pd.NaT, "NaT"),
        (Side.LONG, "long"),
        (Mode.HALTED, "HALTED"),
        (Colour.RED, "RED"),
        (Level.HIGH, "HIGH"),
        (Kind.HALT, "halt"),
        (np.float64(0.5), 0.5),
        (np.float32("nan"), "nan"),
        (np.int64(7), 7),
        (np.bool_(True), True),
        (np.longdouble(1.5), 1.5),
        (np.array([[1.0, np.inf], [2.0, 3.0]]), [[1.0, "inf"], [2.0, 3.0]]),
        (pd.Series({"a": 1.0}), {"a": 1.0}),
        ({"b", "a"}, ["a", "b"]),
        ((1, (2,)), [1, [2]]),
        ({1: "a", "1": "b", None: "c"}, {"1": "a", "1_": "b", "null": "c"}),
        (Point(1.0, Side.SHORT), {"x": 1.0, "y": "short"}),
        (ValueError("no"), "ValueError: no"),
        (b"\xffab", "\\xffab"),
        ("\ud800", "\\ud800"),
        (Path("a/b"), "a/b"),
        (Silent(), "<Silent>"),
        (range(2), [0, 1]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_odd_values_are_spelt_out(tmp_path: Path, value: object, written_value: object) -> None:
    assert written(tmp_path, value=value)["value"] == written_value
    assert verify(tmp_path).fault is None


def test_a_value_that_holds_itself_ends(tmp_path: Path) -> None:
    value: list[object] = [1]
    value.append(value)
    assert written(tmp_path, value=value)["value"] == [1, "…"]


def test_no_secret_is_written_wherever_it_is(tmp_path: Path) -> None:
    with DecisionLog(tmp_path, secrets=[TOKEN, "4711", "", "0"]) as log:
        log.append(
            "error",
            START,
            message=f"POST https://api.telegram.org/bot{TOKEN}/sendMessage failed",
            where={TOKEN: [TOKEN.encode(), {"chat": 4711, "id": "4711"}]},
            error=ValueError(TOKEN),
            quoted="token=98765%3Atelegram-token-of-a-bot",
            price=14711.0,
            count=0,
        )
    text = (tmp_path / "2026-11-20.jsonl").read_text()
    assert TOKEN not in text
    assert "98765%3A" not in text
    [record] = raw(tmp_path)
    assert record["message"] == "POST https://api.telegram.org/bot***/sendMessage failed"
    assert record["where"] == {REDACTED: [REDACTED, {"chat": REDACTED, "id": REDACTED}]}
    assert record["price"] == 14711.0


def test_what_is_named_like_a_secret_is_not_written(tmp_path: Path) -> None:
    config = {
        "exchange": {"key": "k1", "secret": "s1", "apiKey": "k2", "uid": "u1", "name": "binance"},
        "telegram": {"token": "t1", "chat_id": 815, "enabled": True},
        "api_server": {
            "password": "p1",
            "jwt_secret_key": "j1",
            "ws_token": ["w1"],
            "username": "",
        },
        "webhook": {"url": "https://hooks.example/h1"},
        "discord": {"webhook_url": "https://hooks.example/h2"},
        "db_url": "postgresql://user:p2@localhost/db",
        "bot_name": "mine",
    }
    record = written(tmp_path, config=flat_config(config), nested=config)
    secrets = ["k1", "s1", "k2", "u1", "t1", "815", "p1", "j1", "w1", "/h1", "/h2", "p2"]
    values = json.dumps([record["config"], record["nested"]])
    assert [secret for secret in secrets if f'"{secret}' in values] == []
    assert "hooks.example" not in values
    assert "p2@" not in values
    assert record["config"]["exchange.name"] == "binance"  # type: ignore[index]
    assert record["config"]["telegram.enabled"] is True  # type: ignore[index]


def test_a_coin_called_token_or_key_is_no_secret(tmp_path: Path) -> None:
    rows = {"TOKEN/USDT:USDT": {"signal": "long"}, "KEY/USDT": {"signal": "none"}}
    assert written(tmp_path, pairs=rows)["pairs"] == rows


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://ada:SEC/RET@db/x",
        "postgresql://ada:SEC@RET@db/x",
        "postgresql:///x?user=ada&password=SEC-RET&host=db",
    ],
)
def test_a_password_of_an_address_is_hidden_however_it_is_written(address: str) -> None:
    found = str(flat_config({"db_url": address, "said": f"{address} does not answer"}))
    assert "SEC" not in found
    assert "RET" not in found
    assert "does not answer" in found
