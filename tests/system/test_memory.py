import subprocess
import sys

import pytest

# Every second of many blocks is freed, so that the heap cannot shrink from its end.
CODE = """
import ctypes, psutil
from n6studio.system.memory import give_back_memory
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
blocks = [libc.malloc(60_000) for _ in range(1000)]
for block in blocks:
    ctypes.memset(block, 1, 60_000)
for block in blocks[::2]:
    libc.free(block)
before = psutil.Process().memory_info().rss
print(give_back_memory(), before - psutil.Process().memory_info().rss)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc can")
def test_what_is_free_goes_back_to_the_system():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, timeout=60, check=True)
    could, given = done.stdout.split()
    assert could == "True"
    assert int(given) > 20_000_000
