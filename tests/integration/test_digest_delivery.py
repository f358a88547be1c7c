"""A digest on its way: mail over SMTP and Telegram's own API, each as strict as the real one."""

import email
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

import pytest

from plimsoll.lab.telegram.service import CHAT_ID, TOKEN, TelegramService, telegram_service
from tests.metrics.sinks import mailbox
from tests.unit.cli import commands
from tests.unit.cli.bots import make_bot

WEEK = ("--weekly", "--of", "2025-03-01", "--send")


class Mailbox:
    """Mails of an SMTP server on loopback."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.answer = "250 OK"

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            self.mails.append(email.message_from_bytes(envelope.content))  # type: ignore[attr-defined]
        return self.answer


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bot(tmp_path_factory.mktemp("bot"))


@pytest.fixture
def telegram(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TelegramService]:
    with telegram_service(tmp_path / "telegram") as service:
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", service.environment["SSL_CERT_FILE"])
        yield service


def test_a_weekly_digest_reaches_mail_and_telegram_once(
    bot: Path,
    telegram: TelegramService,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    box = Mailbox()
    line = ["digest", "-c", str(bot / "config.json"), *WEEK, "-o", str(tmp_path / "out")]
    with mailbox(box) as port:
        mail = f"mailto://127.0.0.1:{port}/?from=bot@example.org&to=ada@example.org&mode=insecure"
        monkeypatch.setenv("PLIMSOLL_WATCH__ALARMS", f"{mail} tgram://{TOKEN}/{CHAT_ID}")
        first = commands.plimsoll(*line, monkeypatch=monkeypatch, capsys=capsys)
        again = commands.plimsoll(*line, monkeypatch=monkeypatch, capsys=capsys)
    assert (first.status, again.status) == (0, 0), first.err
    [sent_mail] = box.mails
    assert "weekly digest" in str(sent_mail["Subject"])
    attached = {part.get_filename(): part for part in sent_mail.walk() if part.get_filename()}
    assert set(attached) == {"weekly-2025-W09.png", "weekly-2025-W09.html"}
    picture = (tmp_path / "out/weekly-2025-W09.png").read_bytes()
    assert attached["weekly-2025-W09.png"].get_payload(decode=True) == picture
    assert [one.photo for one in telegram.messages if one.photo] == [picture]
    assert sum(one.says("2 trades closed") for one in telegram.messages) == 1
    assert telegram.rejected == []


def test_a_telegram_that_refuses_is_tried_again_and_no_token_is_told(
    bot: Path,
    telegram: TelegramService,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PLIMSOLL_WATCH__ALARMS", f"tgram://{TOKEN}/{CHAT_ID}")
    line = ["digest", "-c", str(bot / "config.json"), *WEEK, "-o", str(tmp_path / "out")]
    telegram.is_revoked = True
    refused = commands.plimsoll(*line, monkeypatch=monkeypatch, capsys=capsys)
    assert refused.status == 1
    assert TOKEN not in refused.out + refused.err
    telegram.is_revoked = False
    assert commands.plimsoll(*line, monkeypatch=monkeypatch, capsys=capsys).status == 0
    assert any(one.photo for one in telegram.messages)


def test_a_mail_server_that_refuses_is_tried_again_by_the_next_call(
    bot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    box = Mailbox()
    line = ["digest", "-c", str(bot / "config.json"), *WEEK, "-o", str(tmp_path / "out")]
    with mailbox(box) as port:
        mail = f"mailto://127.0.0.1:{port}/?from=bot@example.org&to=ada@example.org&mode=insecure"
        monkeypatch.setenv("PLIMSOLL_WATCH__ALARMS", mail)
        box.answer = "554 5.7.1 not from you"
        refused = commands.plimsoll(*line, monkeypatch=monkeypatch, capsys=capsys)
        box.answer = "250 OK"
        taken = commands.plimsoll(*line, monkeypatch=monkeypatch, capsys=capsys)
    assert (refused.status, taken.status) == (1, 0)
    assert "address 1" in refused.err
    assert len(box.mails) == 1
