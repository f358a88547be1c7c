"""The simulated Binance USD-M exchange: a pure market core behind a thin HTTP and WebSocket front."""
