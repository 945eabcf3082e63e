"""The weights that balance labels of both signs."""


def balanced_weights(desirable: int, undesirable: int, ratio: float) -> tuple[float, float]:
    """Weights of a desirable and an undesirable label; the larger one is 1.

    The total weight of desirable labels is `ratio` times that of the others; KTO recommends 1 to
    4/3 (Ethayarajh et al. 2024, §4.2). Raises `ValueError` if one sign is missing.
    """
    if not desirable or not undesirable:
        message = (
            f"both signs are required, got {desirable} desirable and {undesirable} undesirable"
        )
        raise ValueError(message)
    good, bad = ratio / desirable, 1 / undesirable
    largest = max(good, bad)
    return good / largest, bad / largest
