"""A backend's response is read from its bytes, however they come."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet_edge.upstream.response_reader import BrokenResponse, ResponseReader

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
LENGTH = OK + b"Content-Length: 5\r\n\r\nabcde"


def read(*parts: bytes) -> ResponseReader:
    reader = ResponseReader()
    for part in parts:
        reader.feed(part)
    return reader


@given(st.sampled_from([CHUNKED, LENGTH]), st.lists(st.integers(0, 90), max_size=6))
def test_any_division_gives_the_same_response(whole: bytes, cuts: list[int]):
    places = sorted({0, len(whole), *(min(cut, len(whole)) for cut in cuts)})
    parts = [whole[a:b] for a, b in pairwise(places)]
    reader = read(*parts)
    assert reader.head is not None
    assert (reader.head.status, reader.take()) == (200, b"abcde")
    assert (reader.ended, reader.closes) == (True, False)


def test_what_comes_before_the_response_itself_is_left_out():
    reader = read(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + LENGTH)
    assert reader.head is not None
    assert (reader.head.status, reader.head.headers) == (200, [(b"Content-Length", b"5")])
    assert reader.take() == b"abcde"


def test_a_body_without_a_length_ends_with_the_connection():
    reader = read(OK + b"\r\nabc")
    assert (reader.ended, reader.closes) == (False, True)
    assert reader.connection_ended()
    assert reader.take() == b"abc"


@pytest.mark.parametrize("part", [b"", OK, LENGTH[:-1], CHUNKED[:-3]])
def test_a_connection_that_ends_too_early_ends_no_response(part: bytes):
    assert not read(part).connection_ended()


def test_a_connection_is_not_used_again_if_the_backend_closes_it_or_sends_more():
    assert read(OK + b"Connection: close\r\nContent-Length: 0\r\n\r\n").closes
    for more in (read(LENGTH, LENGTH), read(LENGTH + LENGTH)):
        assert more.closes
        assert more.take() == b"abcde"


def test_the_response_to_head_has_no_body():
    reader = read(OK + b"Content-Length: 5\r\n\r\n")
    reader.without_body()
    assert (reader.ended, reader.take()) == (True, b"")


def test_a_response_without_content_ends_at_once():
    assert read(b"HTTP/1.1 204 No Content\r\n\r\n").ended
    assert read(b"HTTP/1.1 304 Not Modified\r\n\r\n").ended


def test_what_is_not_http_is_broken():
    for content in (b"SSH-2.0-OpenSSH\r\n", OK + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n"):
        with pytest.raises(BrokenResponse, match=r"not HTTP/1\.1"):
            read(content)
