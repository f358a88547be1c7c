"""The exchange as the network sees it: HTTP and WebSocket, in Binance's words."""
