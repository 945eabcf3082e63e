"""How much a label weighs where there are more of one sign than of the other."""


def balanced_weights(desirable: int, undesirable: int, ratio: float) -> tuple[float, float]:
    """Weights of a desirable and an undesirable label; the larger one is 1.

    In all, the desirable ones bear `ratio` times the weight of the others; KTO asks for 1 to
    4/3 (Ethayarajh et al. 2024, §4.2). Raises `ValueError` where one sign is missing: nothing
    can be told apart then.
    """
    if not desirable or not undesirable:
        message = f"both signs are needed, not {desirable} desirable and {undesirable} undesirable"
        raise ValueError(message)
    good, bad = ratio / desirable, 1 / undesirable
    largest = max(good, bad)
    return good / largest, bad / largest
