import json
from typing import Any

import pytest

from tests.ports import free_port
from tests.unit.cli.commands import Run, assert_one_line


def test_scenarios_as_json(run: Run) -> None:
    ran = run("venue", "scenarios", "--json")
    assert ran.status == 0
    assert "flash-crash" in {entry["name"] for entry in json.loads(ran.out)}


def test_a_venue_that_nobody_serves_is_one_line(run: Run) -> None:
    ran = run("venue", "step", "--url", f"http://127.0.0.1:{free_port()}", "--seconds", "1")
    assert ran.status == 1
    assert_one_line(ran, "no exchange answers", "plimsoll venue serve")


def test_an_unknown_scenario_is_one_line_with_the_known_ones(run: Run) -> None:
    ran = run("venue", "scenario", "tsunami", "--url", "http://127.0.0.1:1")
    assert ran.status == 2
    assert_one_line(ran, '"tsunami"', "flash-crash")


def test_an_unknown_market_is_one_line(run: Run) -> None:
    ran = run("venue", "serve", "--market", "bazaar")
    assert ran.status == 2
    assert_one_line(ran, '"bazaar"', "synthetic, replay")


@pytest.fixture
def posted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any], str]]:
    """What the command would send to a running exchange."""
    sent: list[tuple[str, dict[str, Any], str]] = []

    def post(_: str, path: str, body: dict[str, Any], method: str = "POST") -> dict[str, Any]:
        sent.append((path, body, method))
        return {}

    monkeypatch.setattr("plimsoll.cli.venue._post", post)
    return sent


def test_a_fault_sends_only_the_options_that_were_given(
    run: Run, posted: list[tuple[str, dict[str, Any], str]]
) -> None:
    words = ("--symbols", "BTC/USDT:USDT", "--paths", "POST /fapi/*, /x", "--after-acceptance")
    assert run("venue", "fault", "no-answer", "--url", "http://x", *words).status == 0
    body = {
        "kind": "no-answer",
        "symbols": ["BTCUSDT"],
        "paths": ["POST /fapi/*", "/x"],
        "after_acceptance": True,
    }
    assert posted == [("/plimsoll/faults", body, "POST")]
    run("venue", "fault", "stale-book", "--url", "http://x")
    assert posted[1] == ("/plimsoll/faults", {"kind": "stale-book"}, "POST")


def test_mending_ends_one_fault_or_all(
    run: Run, posted: list[tuple[str, dict[str, Any], str]]
) -> None:
    run("venue", "mend", "--url", "http://x")
    run("venue", "mend", "--url", "http://x", "--id", "3")
    assert [(body, method) for _, body, method in posted] == [({}, "DELETE"), ({"id": 3}, "DELETE")]


def test_a_transfer_says_whether_it_is_recorded(
    run: Run, posted: list[tuple[str, dict[str, Any], str]]
) -> None:
    run("venue", "transfer", "--url", "http://x", "--usd", "250")
    run("venue", "transfer", "--url", "http://x", "--usd", "-50", "--unrecorded")
    assert [(path, body) for path, body, _ in posted] == [
        ("/plimsoll/transfer", {"amount_usd": 250.0, "recorded": True}),
        ("/plimsoll/transfer", {"amount_usd": -50.0, "recorded": False}),
    ]


@pytest.mark.parametrize(
    "words",
    [
        ("step", "--seconds", "0"),
        ("step", "--seconds", "nan"),
        ("scenario", "move", "--magnitude", "inf"),
        ("scenario", "move", "--duration-seconds", "-1"),
        ("fault", "wrong-tick", "--magnitude", "nan"),
        ("fault", "earthquake"),
        ("transfer", "--usd", "nan"),
    ],
    ids=" ".join,
)
def test_a_number_or_kind_that_makes_no_sense_is_never_sent(
    run: Run, posted: list[tuple[str, dict[str, Any], str]], words: tuple[str, ...]
) -> None:
    assert run("venue", *words, "--url", "http://x").status == 2
    assert posted == []


def test_an_address_without_a_scheme_is_refused(run: Run) -> None:
    ran = run("venue", "step", "--url", "127.0.0.1:8900", "--seconds", "1")
    assert ran.status == 2
    assert_one_line(ran, "expected a --url such as http://127.0.0.1:8900")
