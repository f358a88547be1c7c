"""Inside the bot: the strategy base, plugin registration, the adapters to Freqtrade."""
