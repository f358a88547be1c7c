"""What a person may type."""

import pytest

from plimsoll.control.phone.commands import HELP, MENU, Command, Verb, command_in


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("/status", Command(Verb.STATUS)),
        ("  /STATUS  ", Command(Verb.STATUS)),
        ("/halt the  price\nis wrong", Command(Verb.HALT, "the price is wrong")),
        ("/halt\nnow", Command(Verb.HALT, "now")),
        ("/halt@Our_Bot now", Command(Verb.HALT, "now")),
        ("/why BTC/USDT:USDT", Command(Verb.WHY, "BTC/USDT:USDT")),
        ("/resume looked at it", Command(Verb.RESUME, "looked at it")),
    ],
)
def test_a_command_is_read(text: str, meant: Command) -> None:
    assert command_in(text, "our_bot") == meant


@pytest.mark.parametrize("text", ["halt", "please /halt", "", "/halt@other_bot now", "🛑"])
def test_what_is_no_command_of_ours_is_none(text: str) -> None:
    assert command_in(text, "our_bot") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/resume", "expected a reason"),
        ("/resume   ", "expected a reason"),
        ("/why", "expected one pair"),
        ("/why BTC ETH", "expected one pair"),
        ("/halt_now", "no such command"),
        ("/", "no such command"),
        ("/halt " + "x" * 1001, "at most 1000 characters"),
    ],
)
def test_what_is_wrong_is_said(text: str, said: str) -> None:
    fault = command_in(text)
    assert isinstance(fault, str)
    assert said in fault


def test_re_arming_and_a_bare_halt_ask_first_and_a_typed_halt_does_not() -> None:
    asking = [Command(Verb.RESUME, "why"), Command(Verb.HALT)]
    assert all(one.asks_first for one in asking)
    assert not Command(Verb.HALT, "now").asks_first
    assert not any(Command(verb).asks_first for verb in Verb if verb not in ("halt", "resume"))


def test_help_names_every_command_and_the_menu_offers_none_that_acts_at_once() -> None:
    assert all(f"/{verb}" in HELP for verb in Verb)
    for name, _ in MENU:
        command = command_in(f"/{name}")
        assert isinstance(command, Command)
        assert command.asks_first or not command.acts


def test_what_cannot_be_written_is_a_question_mark() -> None:
    """Half of a character raises in a file of UTF-8, a NUL in PostgreSQL: the halt was lost."""
    command = command_in("/halt broken \ud83d\x00 \u202eprice")
    assert command == Command(Verb.HALT, "broken ?? ?price")
    command.text.encode()
