"""How PyTorch says that memory has run out, or the disk."""

import torch


def is_out_of_memory(error: BaseException) -> bool:
    """Accelerators have an error of their own; the allocator of main memory only has words."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


def is_failed_write(error: BaseException) -> bool:
    """`torch.save` does not say why it could not write: only where it had got to."""
    return isinstance(error, RuntimeError) and "unexpected pos" in str(error)


def first_line(error: BaseException) -> str:
    """What it says for people, without the stack."""
    return next(iter(str(error).splitlines()), type(error).__name__)
