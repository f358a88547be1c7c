"""Outside the bot: runs Freqtrade and reads what it wrote."""
