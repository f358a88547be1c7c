"""An update is a person's word only from an allowed person in an allowed chat, as typed."""

from datetime import UTC, datetime
from typing import Any

import pytest
from telegram import Update

from plimsoll.control.phone.hearing import Heard, NotHeard, Unheard, heard
from plimsoll.lab.telegram.service import CHAT_ID, GROUP_ID
from tests.unit.control.phone.conftest import ALLOWED, BEN

ANNA = {"id": CHAT_ID, "is_bot": False, "first_name": "Anna"}
OTHER = {"id": 666, "is_bot": False, "first_name": "M"}
PRIVATE = {"id": CHAT_ID, "type": "private", "first_name": "Anna"}
GROUP = {"id": GROUP_ID, "type": "supergroup", "title": "Desk"}


def message(**fields: Any) -> dict[str, Any]:
    whole = {"message_id": 5, "date": 1_764_000_000, "chat": PRIVATE, "text": "/halt", "from": ANNA}
    whole |= {name.rstrip("_"): value for name, value in fields.items()}
    return {name: value for name, value in whole.items() if value is not None}


def said(kind: str = "message", **fields: Any) -> Heard | NotHeard:
    update = Update.de_json({"update_id": 9, kind: message(**fields)}, None)
    return heard(update, ALLOWED)


def pressed(**fields: Any) -> Heard | NotHeard:
    query = {"id": "1", "from": ANNA, "chat_instance": "1", "data": "yes:x", "message": message()}
    query |= {name.rstrip("_"): value for name, value in fields.items()}
    query = {name: value for name, value in query.items() if value is not None}
    return heard(Update.de_json({"update_id": 9, "callback_query": query}, None), ALLOWED)


def test_a_person_in_a_private_chat_and_in_a_group_is_heard() -> None:
    private, group = said(), said(chat=GROUP)
    assert isinstance(private, Heard)
    assert isinstance(group, Heard)
    assert (private.who, private.chat, private.text) == ("anna", "anna", "/halt")
    assert (group.who, group.chat) == ("anna", "desk")
    assert private.at == datetime.fromtimestamp(1_764_000_000, UTC)


@pytest.mark.parametrize(
    "fields",
    [
        {"from_": OTHER, "chat": {"id": 666, "type": "private"}},
        {"from_": OTHER},  # a private chat has its own person alone
        {"from_": {**ANNA, "id": BEN}},  # who is allowed elsewhere
        {"from_": OTHER, "chat": GROUP},
        {"chat": {"id": -5, "type": "group", "title": "Other"}},
        {"from_": {**ANNA, "is_bot": True}, "chat": {"id": 5, "type": "private"}},
    ],
)
def test_anybody_else_is_a_stranger_without_a_number(fields: dict[str, Any]) -> None:
    one = said(**fields)
    assert isinstance(one, NotHeard)
    assert (one.why, one.who) == (Unheard.STRANGER, None)
    assert "666" not in one.mark
    assert len(one.mark) == 10


@pytest.mark.parametrize(
    ("kind", "fields", "why"),
    [
        ("edited_message", {"edit_date": 1_764_000_001}, Unheard.EDITED),
        (
            "message",
            {"forward_origin": {"type": "hidden_user", "date": 1, "sender_user_name": "x"}},
            Unheard.FORWARDED,
        ),
        ("message", {"via_bot": {"id": 5, "is_bot": True, "first_name": "B"}}, Unheard.FORWARDED),
        ("message", {"text": None, "caption": "/halt"}, Unheard.NO_TEXT),
    ],
)
def test_what_a_person_did_not_type_is_told_to_that_person(
    kind: str, fields: dict[str, Any], why: Unheard
) -> None:
    one = said(kind, **fields)
    assert isinstance(one, NotHeard)
    assert (one.why, one.who, one.chat) == (why, "anna", "anna")


@pytest.mark.parametrize(
    "fields",
    [
        {"sender_chat": GROUP, "from_": {"id": 1, "is_bot": True, "first_name": "GroupAnonymous"}},
        {"from_": {"id": 5, "is_bot": True, "first_name": "B"}},
    ],
)
def test_nobody_in_an_allowed_group_is_nobody(fields: dict[str, Any]) -> None:
    one = said(chat=GROUP, **fields)
    assert isinstance(one, NotHeard)
    assert (one.why, one.who) == (Unheard.NOBODY, None)


def test_a_channels_post_and_an_update_of_another_kind_are_not_heard() -> None:
    post = said("channel_post", from_=None, chat={"id": -9, "type": "channel", "title": "C"})
    assert isinstance(post, NotHeard)
    poll = Update.de_json({"update_id": 9, "poll_answer": None}, None)
    assert isinstance(heard(poll, ALLOWED), NotHeard)


def test_a_button_is_a_persons_only_in_an_allowed_chat() -> None:
    one = pressed()
    assert isinstance(one, Heard)
    assert (one.who, one.chat, one.data, one.message) == ("anna", "anna", "yes:x", 5)
    elsewhere = message(chat={"id": -5, "type": "group", "title": "Other"})
    for fields in (
        {"from_": OTHER},
        {"message": elsewhere},
        {"message": None, "inline_message_id": "7"},
        {"from_": {**ANNA, "is_bot": True}},
    ):
        assert isinstance(pressed(**fields), NotHeard), fields
