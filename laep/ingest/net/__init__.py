"""How bytes are fetched: the portals' protocols, the cache, keys, and what is refused."""
