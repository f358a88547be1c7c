"""The simulated Binance USD-M exchange: a pure core behind a thin HTTP and WebSocket front."""
