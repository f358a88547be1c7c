"""What a part that fails gets, and the tests that hold it: ``python -m tests.metrics.failures``."""

import re
from dataclasses import dataclass

from tests.conftest import ROOT

PAGE = ROOT / "docs/metrics.md"
BLOCK = re.compile(
    r"(<!-- written by tests.metrics.failures -->\n).*?(<!-- end of the failures -->)", re.DOTALL
)
HEAD = "| What fails | What you get | What is not lost | Tests |\n|---|---|---|---|\n"


@dataclass(frozen=True)
class Failure:
    """One failure: what a person gets, what is not lost, and which tests hold it."""

    what: str
    gets: str
    kept: str
    tests: tuple[str, ...]


HERE = "tests/metrics/test_failures.py"
CONTROL = "tests/integration/test_control_bot.py"
FAILURES = (
    Failure(
        "exporter without a bot",
        "`plimsoll_bot_up` 0, `PlimsollBotDown`; `--once` ends with 1",
        "figures of files that are still there",
        (
            "tests/unit/cli/test_exporter.py::test_without_a_bot_it_prints_the_page_and_says_so",
            "tests/unit/monitoring/exporter/test_bot.py::test_files_are_read_while_the_bot_itself_is_gone",
        ),
    ),
    Failure(
        "Prometheus gone",
        "`PlimsollAlive` stops at your dead man's switch; messages of bot, watchdog and control "
        "bot go on",
        "what it had stored; the exporter goes on",
        (f"{HERE}::test_a_prometheus_that_is_killed_goes_on_with_what_it_had",),
    ),
    Failure(
        "SMTP refusing",
        "`plimsoll_control_bot_undelivered_alarms`, `PlimsollControlBotUndelivered`; a digest by "
        "mail ends with a line",
        "the alarm: it is kept, and sent again",
        (
            "tests/unit/control/phone/test_post.py::test_mail_that_was_refused_is_kept_by_its_records",
            "tests/integration/test_digest_delivery.py::test_a_mail_server_that_refuses_is_tried_again_by_the_next_call",
        ),
    ),
    Failure(
        "Telegram 429, unreachable or with a revoked token",
        "`plimsoll_undelivered_alarm_age_seconds`, `plimsoll_control_bot_up` 0; mail and webhook "
        "at once",
        "every message, in its order",
        (
            "tests/integration/test_messages.py::test_an_alarm_outlives_an_outage_a_flood_limit_and_a_kill",
            f"{HERE}::test_telegram_that_floods_or_is_away_loses_no_message_of_the_control_bot",
            f"{CONTROL}::test_two_readers_a_revoked_token_and_an_outage_go_up_the_ladder",
        ),
    ),
    Failure(
        "disk full",
        "a line and `PlimsollGuardErrors`; no entries, and what must be closed is closed",
        "a halt: it stands in the database; the log's chain stays whole",
        (
            "tests/unit/bridge/state/test_latch.py::test_a_full_disk_leaves_the_halt_in_the_database_and_takes_no_entry",
            "tests/unit/monitoring/test_watchdog.py::test_a_full_disk_keeps_nothing_from_being_closed",
            "tests/unit/journal/test_log.py::test_a_full_disk_is_an_error_and_leaves_the_chain_whole",
            "tests/unit/control/phone/test_record.py::test_a_log_that_cannot_be_written_is_a_fault_and_not_an_end",
        ),
    ),
    Failure(
        "expired certificate",
        "`api_silent` with the certificate's fault, `PlimsollApiSilent`; `doctor --front` names it",
        "the bot trades on, and is not called dead",
        (
            "tests/unit/deployment/test_proxy.py::test_an_expired_certificate_is_named_by_who_meets_it",
            "tests/unit/monitoring/test_bot_api.py::test_a_proxy_with_a_bad_certificate_is_no_dead_bot",
        ),
    ),
    Failure(
        "database moved",
        '`plimsoll_condition{condition="database_gone"}`, `PlimsollDatabaseGone`',
        "nothing is made in its place; its figures are absent until it is back",
        (
            "tests/unit/monitoring/exporter/test_bot.py::test_a_database_that_is_moved_takes_its_figures_with_it_and_back",
        ),
    ),
    Failure(
        "PostgreSQL stopped",
        '`plimsoll_condition{condition="database_gone"}`, `PlimsollDatabaseGone`; the bot ends',
        "trades and locks; a halt holds when server and bot are back",
        (
            "tests/metrics/test_database_drill.py::test_a_server_that_stops_reaches_webhook_and_mail_and_the_halt_is_kept",
        ),
    ),
    Failure(
        "key revoked in the middle",
        '`plimsoll_condition{condition="key_refused"}`, `PlimsollKeyRefused`',
        "figures of the exchange are absent, and come back with the key",
        (
            f"{HERE}::test_a_key_that_is_revoked_in_the_middle_is_a_metric_until_it_is_back",
            "tests/unit/monitoring/test_account.py::test_a_key_that_is_refused_is_told_from_blindness",
        ),
    ),
)


def block() -> str:
    """Return the page's table."""
    rows = (
        f"| {one.what} | {one.gets} | {one.kept} | "
        + "<br>".join(f"`{name.partition('::')[2].removeprefix('test_')}`" for name in one.tests)
        + " |\n"
        for one in FAILURES
    )
    return HEAD + "".join(rows)


def main() -> None:
    """Write the table into its page."""
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(BLOCK.sub(lambda found: found[1] + block() + found[2], page), encoding="utf-8")


if __name__ == "__main__":
    main()
