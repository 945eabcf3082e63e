"""A response that no intake gives: another program answers at its address."""

import httpx


class UnexpectedResponse(Exception):
    """The server is not an intake; the message is the beginning of its response."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(f"{response.status_code} {response.text[:200]}")
