from typing import Any, get_args

import pytest

from plimsoll.champions.events import Event
from plimsoll.journal.model_words import model_message, model_words, must_arrive

SILENT = {"started", "candle_closed", "trade_closed"}
STEPS = sorted({kind.__dataclass_fields__["kind"].default for kind in get_args(Event)} - SILENT)


def record(event: str, **fields: Any) -> dict[str, Any]:
    told = {"pair": "BTC/USDT:USDT", "model": "v0007", "by": "rule", "reason": "for a reason"}
    return {"kind": "model", "event": event, **told, **fields}


@pytest.mark.parametrize("event", STEPS)
def test_every_step_has_words_and_a_message_but_for_the_begin_of_a_training(event: str) -> None:
    assert "for a reason" in model_words(record(event))
    message = model_message(record(event))
    assert (message is None) == (event == "training_began")
    if message is not None:
        assert "BTC/USDT" in message
        assert "for a reason" in message


def test_a_person_is_named() -> None:
    for event in ("promoted", "rolled_back"):
        assert "by Ada" in model_words(record(event, by="Ada"))
        assert "Ada" in str(model_message(record(event, by="Ada")))
        assert "by rule" not in model_words(record(event))


def test_what_decides_otherwise_from_now_on_must_arrive() -> None:
    loud = {event for event in STEPS if must_arrive(record(event))}
    assert loud == {"promoted", "rolled_back", "lost"}


def test_nobody_writes_markup_into_a_message() -> None:
    message = str(model_message(record("promoted", by="*Ada*", reason="<b>because\n\n</b>")))
    assert "\n" not in message
