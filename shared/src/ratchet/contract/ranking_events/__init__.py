"""The events of the ranking: decisions, and the scorers that make them."""
