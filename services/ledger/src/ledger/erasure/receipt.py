"""The signed record of an erasure: what was erased, where and when, without the erased text."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from ledger.erasure.journal import ErasureRequest
from ratchet.storage import hashed, write_whole
from ratchet.storage.signing_keys import make_signing_key, read_public_key, read_signing_key
from ratchet_text import known_as


def receipt(
    request: ErasureRequest,
    salt: bytes,
    erased: Mapping[str, Mapping[str, int] | str],
    models: Sequence[str],
    now: datetime,
) -> dict[str, Any]:
    """The record as JSON values.

    Ids are salted hashes. With an id and the installation's salt an operator can find its receipt,
    which itself stores no personal data.
    """
    user_id = request.user_id
    questions = {known_as(name) for name in request.subject.query_ids}
    return {
        "request_id": request.request_id,
        "requested_by": request.requested_by,
        "requested_at": request.at.isoformat(),
        "finished_at": now.isoformat(),
        "user": hashed(salt, user_id) if user_id else None,
        "questions": sorted(hashed(salt, name) for name in questions),
        "erased": erased,
        "models_trained_on_it": list(models),
        "retrain": request.retrain,
    }


def signed_document(record: Mapping[str, Any], key_path: Path) -> bytes:
    """The record with its signature, made by the key at `key_path`, which is created if missing.

    Raises `UnusableKey` and `OSError`.
    """
    key = read_signing_key(key_path) if key_path.exists() else make_signing_key(key_path)
    signature = key.sign(canonical(record)).hex()
    document = {"receipt": record, "key_id": key.public.id, "signature": signature}
    return json.dumps(document, indent=2, sort_keys=True).encode() + b"\n"


class InvalidReceipt(ValueError):
    """The file is not a receipt, or was changed after it was signed."""


def verified(document: bytes, key_path: Path) -> dict[str, Any]:
    """The record in `document`, whose signature the public key at `key_path` verifies.

    Raises `InvalidReceipt`, `UnusableKey` and `OSError`.
    """
    key = read_public_key(key_path)
    try:
        parts = json.loads(document)
        record, key_id = dict(parts["receipt"]), parts["key_id"]
        signature = bytes.fromhex(parts["signature"])
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidReceipt("is not a receipt of `ratchet forget`") from error
    if key_id != key.id:
        raise InvalidReceipt(f"was signed by the key {key_id}, and {key_path} is {key.id}")
    if not key.verifies(signature, canonical(record)):
        raise InvalidReceipt("was changed after it was signed")
    return record


def canonical(record: Mapping[str, Any]) -> bytes:
    """The bytes that are signed: JSON with sorted keys and no white space."""
    return json.dumps(record, sort_keys=True, separators=(",", ":")).encode()


def write_receipt(directory: Path, request_id: str, document: bytes) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{request_id}.json"
    write_whole(path, document)
    return path
