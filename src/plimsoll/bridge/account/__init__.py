"""The account as guards read it: live, in a backtest, realised."""
