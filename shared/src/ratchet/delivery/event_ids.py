"""Ids of what is new."""

from uuid_utils import uuid7


def new_id() -> str:
    return str(uuid7())
