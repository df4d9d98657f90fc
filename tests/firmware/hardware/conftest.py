"""What tests of programs in C share."""

import pytest

from tests.firmware.hardware.in_c import MINE


@pytest.fixture
def write(tmp_path, hardware):
    """``write(work, says)`` writes a program that does this when it wakes, and returns its path."""

    def make(work="", says="1", before="", kept=4, form=MINE):
        path = tmp_path / "mine.c"
        path.write_text(form.format(work=work, says=says, before=before, kept=kept))
        return path

    return make
