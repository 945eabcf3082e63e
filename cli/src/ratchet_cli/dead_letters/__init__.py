"""The dead streams, for the person who decides what becomes of them."""
