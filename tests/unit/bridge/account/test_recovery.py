"""What is done about a break, with Freqtrade's own objects on the venue's account."""
