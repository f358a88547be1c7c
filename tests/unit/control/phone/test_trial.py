"""``--check``: everything is tried once, and what does not work is named."""

from dataclasses import replace

from plimsoll.control.phone.settings import Allowed, PhoneSettings
from plimsoll.control.phone.trial import try_all
from plimsoll.lab.telegram.service import CHAT_ID, TOKEN, TelegramService
from tests.support.watching import Alarms


def test_token_chats_and_addresses_are_tried(
    telegram: TelegramService, settings: PhoneSettings
) -> None:
    alarms = Alarms()
    mailed = replace(settings, mail=(f"json://127.0.0.1:{alarms.port}",))
    told = try_all(mailed)
    assert told["is_well"], told
    assert [one["what"] for one in told["checks"]] == ["token", "anna", "mail", "webhook"]
    assert telegram.wait_for("A test of the control bot")
    assert alarms.said("A test of the control bot")
    alarms.close()
    both = replace(mailed, allowed=Allowed({"anna": CHAT_ID, "gone": 99}, {}))
    rows = {one["what"]: one for one in try_all(both)["checks"]}
    assert (rows["anna"]["ok"], rows["gone"]["ok"], rows["mail"]["ok"]) == (True, False, False)
    assert "chat not found" in rows["gone"]["said"]
    telegram.is_revoked = True
    refused = try_all(settings)
    assert not refused["is_well"]
    assert TOKEN not in str(refused)
