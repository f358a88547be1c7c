"""The command that weighs policies: what it refuses before anything runs."""


def test_a_folder_without_candles_is_wrong_usage_and_leaves_the_page_alone(run, tmp_path) -> None:
    out = tmp_path / "page.md"
    out.write_text("before")
    (tmp_path / "data" / "futures").mkdir(parents=True)
    done = run("policies", "--datadir", tmp_path / "data", "--out", out)
    assert done.status == 2
    assert "plimsoll data backfill" in done.err
    assert out.read_text() == "before"


def test_a_folder_that_is_not_there_is_wrong_usage(run, tmp_path) -> None:
    done = run("policies", "--datadir", tmp_path / "none", "--out", tmp_path / "page.md")
    assert done.status == 2
    assert "found none at" in done.err


def test_a_policy_that_is_none_is_wrong_usage_and_the_others_are_named(run, tmp_path) -> None:
    (tmp_path / "futures").mkdir()
    done = run("policies", "--datadir", tmp_path, "--policy", "8 days")
    assert done.status == 2
    assert "never, 7 days, 30 days, 90 days" in done.err
    assert "found 8 days" in done.err


def test_a_folder_of_strategies_that_is_not_there_is_wrong_usage(run, tmp_path) -> None:
    (tmp_path / "futures").mkdir()
    done = run("policies", "--datadir", tmp_path, "--folder", tmp_path / "mine")
    assert done.status == 2
    assert "expected a folder of strategies at --folder" in done.err


def test_a_page_of_no_rows_is_wrong_usage(run, tmp_path) -> None:
    page = tmp_path / "page.md"
    result = run(
        "policies", "--datadir", tmp_path, "--page-only", "--rows", tmp_path / "r", "--out", page
    )
    assert result.status == 2
    assert "expected rows of an earlier run" in result.err
    assert not page.exists()
