"""What one client may take: calls and bytes a minute, and memory for bodies in progress."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet_edge.access import Scope
from ratchet_edge.clients import Client, network_of
from ratchet_edge.keys.key_file import Key
from ratchet_edge.shares import BufferedBytes, ClientRates, NoRoom, PerMinute

ANN, BOB = Client("10.0.0.1"), Client("10.0.0.2")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_client_has_a_minutes_amount_at_once_and_then_its_rate():
    clock = Clock()
    rates = ClientRates(calls=60, size=10**9, clock=clock)
    answers = [rates.count(ANN) for _ in range(62)]
    assert answers.count(None) == 61
    assert answers[-1] is not None
    assert (answers[-1].status, answers[-1].headers) == (429, {"Retry-After": "1"})
    assert rates.count(BOB) is None
    clock.now += 1.0
    assert rates.count(ANN) is None
    assert rates.count(ANN) is not None


def test_a_large_body_is_paid_off_before_the_next_call():
    clock = Clock()
    rates = ClientRates(calls=1000, size=60_000_000, clock=clock)
    assert rates.count(ANN) is None
    rates.charge(ANN, 100_000_000)
    refused = rates.count(ANN)
    assert refused is not None
    assert (refused.status, refused.wait_s) == (429, 40)
    assert rates.count(BOB) is None
    clock.now += 40
    assert rates.count(ANN) is None


def test_a_key_may_have_more_calls_and_never_fewer():
    def client(per_minute: int | None) -> Client:
        name = str(per_minute)
        key = Key(
            key_id=name,
            name=name,
            scopes=[Scope.WRITE],
            digest="0" * 64,
            created_at=datetime.now(UTC),
            per_minute=per_minute,
        )
        return Client("10.0.0.1", key)

    rates = ClientRates(calls=12, size=10**9, clock=Clock())

    def calls(of: Client) -> int:
        return sum(rates.count(of) is None for _ in range(100))

    assert [calls(client(most)) for most in (None, 2, 60)] == [13, 13, 61]


@given(st.lists(st.tuples(st.floats(0, 90), st.integers(1, 200)), max_size=50))
def test_no_client_exceeds_its_rate_by_more_than_a_minute_and_one_charge(
    steps: list[tuple[float, int]],
):
    clock = Clock()
    amounts = PerMinute()
    charged, largest = 0, 0
    for pause_s, amount in steps:
        clock.now += pause_s
        if not amounts.wait_s("a", clock.now):
            amounts.charge("a", amount, 60, clock.now)
            charged, largest = charged + amount, max(largest, amount)
    assert charged <= 60 + largest + (clock.now - 1000.0)


def test_one_client_gets_429_and_all_together_503():
    buffered = BufferedBytes(100)
    buffered.take("a", 50)
    with pytest.raises(NoRoom) as one:
        buffered.take("a", 1)
    assert one.value.exceeded.status == 429
    buffered.give_back("a", 1)
    buffered.take("b", 50)
    with pytest.raises(NoRoom) as together:
        buffered.take("c", 1)
    assert together.value.exceeded.status == 503
    assert together.value.exceeded.headers == {"Retry-After": "1"}


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("not:an:address", "not:an:address"),
    ],
)
def test_an_ipv6_host_cannot_become_many_clients_by_its_addresses(address: str, network: str):
    assert network_of(address) == network
    assert Client(address).share == f"address:{network}"
