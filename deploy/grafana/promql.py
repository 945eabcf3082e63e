"""PromQL expressions that several charts use."""


def quantile(q: float, histogram: str, over: str, *by: str) -> str:
    """The quantile `q` of `histogram` over the range `over`, for each value of `by`."""
    labels = ", ".join((*by, "le"))
    return f"histogram_quantile({q}, sum by ({labels}) (rate({histogram}_bucket[{over}])))"


def rate(counter: str, *by: str) -> str:
    """Increase per second over the last five minutes."""
    return f"sum by ({', '.join(by)}) (rate({counter}[5m]))"


def within(over: str, counter: str, *by: str) -> str:
    """Increase over the range `over`."""
    return f"sum by ({', '.join(by)}) (increase({counter}[{over}]))"
