"""Public keys for which anybody can make signatures are refused."""

from pathlib import Path

import pytest

from ratchet.storage.signing_keys import UnusableKey, make_signing_key, read_public_key

pytest.importorskip("cryptography")


def pem(raw: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from ratchet.storage.signing_keys import PublicKey

    return PublicKey(Ed25519PublicKey.from_public_bytes(raw)).pem()


@pytest.mark.parametrize("sign", [0, 0x80])
@pytest.mark.parametrize(
    "point",
    [
        "00" * 32,
        "01" + "00" * 31,
        "ec" + "ff" * 30 + "7f",
        "ed" + "ff" * 30 + "7f",
        "ee" + "ff" * 30 + "7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    ],
)
def test_a_key_of_low_order_is_not_trusted(tmp_path: Path, point: str, sign: int):
    raw = bytearray.fromhex(point)
    raw[-1] |= sign
    path = tmp_path / "trusted.pem"
    path.write_bytes(pem(bytes(raw)))
    with pytest.raises(UnusableKey, match="low order"):
        read_public_key(path)


def test_a_key_that_was_made_here_is_read(tmp_path: Path):
    key = make_signing_key(tmp_path / "bundle.pem")
    assert read_public_key(tmp_path / "bundle.pub.pem").id == key.public.id
