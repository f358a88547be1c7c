"""What was sent says a text in any case, however its spaces are."""

from plimsoll.lab.telegram.sent import Sent


def test_a_text_is_looked_for_in_what_was_sent_and_in_what_is_seen() -> None:
    sent = Sent(1, 4242, "*Halted*\u00a0now", "Halted\u00a0now", at=0.0)
    assert sent.says("halted now")
    assert sent.says("*HALTED*")
    assert not sent.says("re-armed")
