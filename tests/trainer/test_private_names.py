"""What the trainer sets inside TRL is still there: a renamed name would be set in vain."""

import pytest
import trl.trainer.utils

pytestmark = pytest.mark.heavy


@pytest.mark.parametrize("name", ["_use_triton", "_CHUNKED_LOGPROB_CHUNK_SIZE"])
def test_the_private_name_exists(name: str):
    assert hasattr(trl.trainer.utils, name)
