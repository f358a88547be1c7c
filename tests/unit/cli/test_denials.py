def test_a_folder_without_candles_is_wrong_usage_and_leaves_the_page_alone(run, tmp_path) -> None:
    out = tmp_path / "page.md"
    out.write_text("before")
    (tmp_path / "data" / "futures").mkdir(parents=True)
    done = run("denials", "--datadir", tmp_path / "data", "--out", out)
    assert done.status == 2
    assert "plimsoll data backfill" in done.err
    assert out.read_text() == "before"


def test_a_folder_that_is_not_there_is_wrong_usage(run, tmp_path) -> None:
    done = run("denials", "--datadir", tmp_path / "none", "--out", tmp_path / "page.md")
    assert done.status == 2
    assert "found none at" in done.err


def test_a_folder_without_strategies_is_wrong_usage(run, tmp_path) -> None:
    out = tmp_path / "page.md"
    asked = ("--datadir", tmp_path, "--others", tmp_path, "--out", out)
    done = run("denials", *asked)
    assert done.status == 2
    assert "expected strategy files in --others" in done.err
    assert not out.exists()
