"""What outlives a loop: locks, the user folder, the decision log of this process."""
