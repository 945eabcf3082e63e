"""The three questions that charts ask again and again."""


def quantile(q: float, histogram: str, over: str, *by: str) -> str:
    """The quantile `q` of what `histogram` saw within `over`, for each value of `by`."""
    labels = ", ".join((*by, "le"))
    return f"histogram_quantile({q}, sum by ({labels}) (rate({histogram}_bucket[{over}])))"


def rate(counter: str, *by: str) -> str:
    """A second, as of the last five minutes."""
    return f"sum by ({', '.join(by)}) (rate({counter}[5m]))"


def within(over: str, counter: str, *by: str) -> str:
    """How many more there are than `over` ago."""
    return f"sum by ({', '.join(by)}) (increase({counter}[{over}]))"
