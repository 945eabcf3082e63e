"""The private names of TRL that the trainer sets exist: setting a renamed one has no effect."""

import pytest
import trl.trainer.utils

pytestmark = pytest.mark.heavy


@pytest.mark.parametrize("name", ["_use_triton", "_CHUNKED_LOGPROB_CHUNK_SIZE"])
def test_the_private_name_exists(name: str):
    assert hasattr(trl.trainer.utils, name)
