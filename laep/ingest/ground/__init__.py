"""What stands and lies there: buildings and their use, addresses, roads, land, heights."""
