"""The linker's table of memories, as linkers print it."""

import shutil
import subprocess

import pytest

from n6studio.board.application.build_messages import memory_table
from n6studio.board.compiler.fit import Use

SCRIPT = """MEMORY {{
  AXISRAM1_S (xrw) : ORIGIN = 0x34000400, LENGTH = 1023K
  PSRAM (rw) : ORIGIN = 0x91000000, LENGTH = 16M
  FLASH.code (rx) : ORIGIN = 0x70000000, LENGTH = 2048M
  EMPTY (rx) : ORIGIN = 0x10000000, LENGTH = 0
  ODD_1 (rx) : ORIGIN = 0x20000000, LENGTH = 1025
}}
SECTIONS {{ .bss : {{ . = . + {0}; }} > AXISRAM1_S  .far : {{ . = . + 3M; }} > PSRAM  /DISCARD/ : {{ *(*) }} }}
"""


@pytest.mark.skipif(shutil.which("arm-none-eabi-ld") is None, reason="arm-none-eabi-ld is not installed")
@pytest.mark.parametrize("used", [1, 1000, 1024, 775_664, 1023 * 1024])
def test_the_rows_of_gnu_ld_are_read_whatever_their_unit_and_name(tmp_path, used):
    (tmp_path / "app.ld").write_text(SCRIPT.format(used))
    subprocess.run(["arm-none-eabi-as", "-o", tmp_path / "none.o"], input=b"", check=True)
    command = ["arm-none-eabi-ld", "-T", "app.ld", "--print-memory-usage", "-o", "app.elf", "none.o"]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    found = {use.name: (use.need, use.have) for use in memory_table(said.splitlines())}
    assert found.pop("FLASH.code")[1] == 2 << 30
    assert found.pop("ODD_1")[1] == 1025
    assert found.pop("PSRAM") == (3 << 20, 16 << 20)
    ((name, (need, have)),) = found.items()  # a region of no bytes is none
    assert (name, have) == ("AXISRAM1_S", 1023 * 1024)
    assert need == used


TABLE = [
    "Memory region         Used Size  Region Size  %age Used",
    "      AXISRAM1_S:      775664 B      1023 KB     74.05%",
    "           FLASH:          0 GB         2 MB      0.00%",
]


def test_other_words_in_front_and_a_decimal_comma_hide_no_row():
    lines = [TABLE[0], "gcc -c a.c" + TABLE[1], TABLE[2].replace("0.00%", "0,00 %")]
    assert memory_table(lines) == (Use("AXISRAM1_S", 775_664, 1023 << 10), Use("FLASH", 0, 2 << 20))


def test_of_two_links_the_last_one_counts():
    assert memory_table(["RAM:      12 KB      1 MB      1.17%", *TABLE, "RAM:      13 KB      1 MB      1.27%"])[
        0
    ] == Use("RAM", 13 << 10, 1 << 20)


def test_what_is_no_row_is_none():
    assert memory_table(["", "RAM: 12 KB", "a: 1 B 2 B", "RAM: full 1 KB 2 KB 50%", "RAM: 1 KB 0 KB 0.00%"]) == ()
