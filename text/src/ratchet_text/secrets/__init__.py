"""Finds secrets in addresses, and hides known secrets in any text."""

# fmt: off
# isort: off
from ratchet_text.secrets.addresses import (
    MASK, http_address, masked, readable_url, secrets_in, split_credentials,
)
from ratchet_text.secrets.hiding import NO_SECRETS, Secrets
