"""What luck could have made of a strategy: its signals shuffled, its market's days drawn anew."""
