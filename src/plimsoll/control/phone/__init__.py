"""A Telegram bot for a person who is away: it lives where the trading bot does not."""
