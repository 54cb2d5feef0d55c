"""Who lives and works there, in what homes, with what energy."""
