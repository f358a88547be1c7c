"""The webhook of a drill, told over HTTP as Freqtrade's own module does."""

import httpx

from plimsoll.lab.told import webhook


def test_what_is_posted_is_kept_in_order() -> None:
    with webhook() as told:
        for text in ("first", "second"):
            answer = httpx.post(told.url, json={"text": text}, trust_env=False)
            assert answer.status_code == 200
        assert told.texts == ("first", "second")


def test_its_config_lets_messages_of_a_strategy_through() -> None:
    with webhook() as told:
        section = told.config()
    assert section["url"] == told.url
    assert section["allow_custom_messages"] is True
    assert section["strategy_msg"]["text"].format(msg="halted") == "halted"


def test_nobody_listens_after_the_block() -> None:
    with webhook() as told:
        pass
    try:
        httpx.post(told.url, json={}, trust_env=False, timeout=2)
    except httpx.ConnectError:
        return
    raise AssertionError("expected nobody to listen")
