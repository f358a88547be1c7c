"""What the service refuses, rule by rule."""

import pytest

from plimsoll.lab.telegram.rules import LONGEST, Pace, RefusedError, buttons_of, seen_text


@pytest.mark.parametrize("text", ["", "   ", "x" * (LONGEST + 1), "*open"])
def test_a_text_that_the_real_one_refuses(text: str) -> None:
    with pytest.raises(RefusedError) as refused:
        seen_text({"text": text, "parse_mode": "Markdown"})
    assert refused.value.status == 400


def test_the_longest_text_is_taken() -> None:
    assert seen_text({"text": "x" * LONGEST}) == "x" * LONGEST


def test_a_bot_that_talks_too_fast_is_told_how_long_to_wait() -> None:
    pace = Pace(burst=2, per_second=0.5)
    pace.take(0.0)
    pace.take(0.0)
    with pytest.raises(RefusedError) as refused:
        pace.take(0.0)
    assert refused.value.body()["parameters"] == {"retry_after": 2}


def test_a_button_with_too_much_data_is_refused() -> None:
    markup = '{"inline_keyboard": [[{"text": "a", "callback_data": "%s"}]]}'
    assert buttons_of({"reply_markup": markup % "b"}) == (("a", "b"),)
    with pytest.raises(RefusedError):
        buttons_of({"reply_markup": markup % ("b" * 65)})
