"""What is in the image: nothing that allocates, and no more than was promised."""

import re

import memory_table
from conftest import IMAGE
from rig.image import Image

# What would be in an image that can reach a heap or reference counting. mbedTLS has a pool of its own.
HEAP = re.compile(
    r"(posix_memalign|aligned_alloc|malloc|calloc|realloc|free|_?sbrk|_Zn[wa].*|swift_(alloc|slowAlloc|dealloc|"
    r"slowDealloc|retain|release|initStackObject|initStaticObject|setDeallocating|isUniquely|beginAccess|once|"
    r"bridgeObject).*)$")
FLASH_BYTES_MAX = 190 * 1024
SWIFT_BYTES_MAX = 14 * 1024
RAM_BYTES_MAX = {"16K/4K": 100 * 1024, "4K/2K": 80 * 1024}


def test_no_symbol_of_a_heap_or_of_reference_counting():
    symbols = Image(IMAGE).symbols
    assert {"firmware_main", "board_idle", "memcpy"} <= set(symbols)
    assert [name for name in symbols if HEAP.match(name)] == []
