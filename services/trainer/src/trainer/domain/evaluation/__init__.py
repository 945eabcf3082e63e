"""Cases, scores, and the acceptance gate."""
