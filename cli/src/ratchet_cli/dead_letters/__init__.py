"""Dead letters: list, retry and drop."""
