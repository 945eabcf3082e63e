"""Which examples a run trains on and which it holds out."""
