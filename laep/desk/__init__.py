"""The headroom desk: can this connect, where, until when, and what binds it; for one proposal or many."""
