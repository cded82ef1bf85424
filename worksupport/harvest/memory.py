"""Memory of a run stays small: what a page took is given back to the system.

The pages of a large site are read by several threads; of what each frees, glibc keeps much in an arena of its
own, torn by what outlives it: 200 MB for pages of which Python holds 34. Settings: mallopt(3).
"""

import ctypes

_ARENA_MAX, _MMAP_THRESHOLD, _TRIM_THRESHOLD = -8, -3, -1
_LARGE = 64 * 1024  # bytes: what is larger is mapped by itself, and unmapped when it is freed


def give_memory_back() -> None:
    """Have this process keep one arena and no large free blocks; nothing where the C library is another."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return
    mallopt(_ARENA_MAX, 1)
    mallopt(_MMAP_THRESHOLD, _LARGE)
    mallopt(_TRIM_THRESHOLD, _LARGE)
