def test_unknown_strategy_is_wrong_usage(run, tmp_path) -> None:
    ran = run("results", "--datadir", str(tmp_path), "--strategies", "Nobody")
    assert ran.status == 2
    assert "found Nobody" in ran.err


def test_what_a_study_lacks_is_named_once_with_the_command_that_gets_it(run, tmp_path) -> None:
    ran = run("results", "--datadir", str(tmp_path), "--strategies", "BasisReversion")
    assert ran.status == 2
    assert ran.err.count("\n") == 1
    assert "candles, mark, funding, spot of BTC/USDT:USDT, ETH/USDT:USDT, " in ran.err
    assert "16 files are not there" in ran.err
    assert (
        f"plimsoll data backfill --datadir {tmp_path} --since 2022-01-01 --until 2025-06-30 "
        "--timeframes 1h --kinds candles,mark,funding --pairs BTC/USDT:USDT,ETH/USDT:USDT,"
    ) in ran.err
    assert "--trading-mode spot" in ran.err


def test_inner_folder_of_futures_is_wrong_usage(run, tmp_path) -> None:
    file = tmp_path / "futures" / "BTC_USDT_USDT-1h-mark.feather"
    file.parent.mkdir()
    file.touch()
    ran = run("results", "--datadir", str(file.parent), "--strategies", "BasisReversion")
    assert ran.status == 2
    assert f"pass --datadir {tmp_path}\n" in ran.err


def test_folder_without_candles_is_wrong_usage_and_leaves_the_page_alone(run, tmp_path) -> None:
    out = tmp_path / "docs" / "results.md"
    out.parent.mkdir()
    out.write_text("as it was", encoding="utf-8")
    ran = run("results", "--datadir", str(tmp_path), "--out", str(out))
    assert ran.status == 2
    assert "BTC_USDT_USDT-1h-futures.feather" in ran.err
    assert out.read_text(encoding="utf-8") == "as it was"
