"""The image takes no more memory than was promised, and the README shows how much. What is in it: image_check.py."""

import os
from pathlib import Path

import memory_table
import pytest
from conftest import IMAGE
from harness.fixtures import VERSIONS
from harness.mles_server import MlesServer
from memory_table import Peaks, Variant

IMAGES = {"16K/4K": IMAGE, "4K/2K": Path(os.environ.get("MLES_BOARD_SMALL", ""))}
FLASH_BYTES_MAX = 190 * 1024
RAM_BYTES_MAX = {"16K/4K": 100 * 1024, "4K/2K": 80 * 1024}


def peaks_of(image, authorities, start_board) -> Peaks:
    """With each version of TLS and each kind of certificate, a full handshake and one that resumes."""
    found = []
    for certificate in (authorities.server, authorities.server_rsa):
        for version in VERSIONS.values():
            def script(visit):
                visit.read_header()
                visit.confirm()
                if visit.number == 1:
                    visit.read(1)
                    visit.close()
                visit.read_until_closed()

            with MlesServer(certificate, script, version=version) as server:
                board = start_board(server.port, {"limit": 30, "interval": 50}, image=image)
                line = board.out.wait_for(r"stack peak (\d+) of (\d+), TLS \d+ now, (\d+) peak of (\d+) bytes, join 2")
                found.append([int(number) for number in line.groups()])
                board.out.wait_for("finished: 30 published")
    return Peaks(*(max(values) for values in zip(*found)))


@pytest.fixture(scope="module")
def variants():
    """Those that have been measured, by the sizes of their record buffers."""
    return {}


@pytest.fixture
def variant(variants, authorities, start_board):
    def measured(records: str) -> Variant:
        if records not in variants:
            image = IMAGES[records]
            variants[records] = Variant(
                records, memory_table.parts_of(image), peaks_of(image, authorities, start_board))
        return variants[records]
    return measured


@pytest.mark.xdist_group("memory")
@pytest.mark.parametrize("records", IMAGES)
def test_flash_and_ram_are_within_their_limits(variant, report, records):
    one = variant(records)
    report(f"{records}: flash {one.flash} bytes, RAM {one.ram} bytes, of it stack peak {one.peaks.stack}; "
           f"TLS peak {one.peaks.tls}")
    assert one.flash <= FLASH_BYTES_MAX
    assert one.ram <= RAM_BYTES_MAX[records]
    assert one.peaks.stack < one.peaks.stack_size and one.peaks.tls < one.peaks.tls_size


@pytest.mark.xdist_group("memory")
def test_the_readme_shows_the_sizes(variant):
    """MLES_WRITE_README=1 writes them there."""
    measured = [variant(records) for records in IMAGES]
    for table in (memory_table.parts_table(measured[0]), memory_table.peaks_table(measured)):
        if os.environ.get("MLES_WRITE_README"):
            memory_table.write(table)
        assert memory_table.differences(table) == [], "the README should have:\n" + "\n".join(table)
