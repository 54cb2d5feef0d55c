"""Settlement periods, the clock and profiles over the year."""
