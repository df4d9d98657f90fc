"""What a file holds that took somebody long to make, told by its content and not by its name."""

import re
from pathlib import Path
from typing import Final

from firmware.genome import MAGIC

HEAD_BYTES: Final = 1 << 20
"""At the beginning of a file, where it says what it is."""

CAMPAIGN_FILE: Final = "campaign.db"
"""Where a campaign keeps the results of all its trials."""

CAMPAIGN_TABLE: Final = "results.csv"
"""The same as a table, beside it."""

CERTIFICATE: Final = "a certificate"

_CERTIFICATE: Final = re.compile(rb'"format"\s*:\s*"planaria certificate')
_CHECKPOINT: Final = re.compile(rb'.{8}\{.*"planaria-checkpoint', re.DOTALL)


def worth(path: Path) -> str | None:
    """``a genome``, ``a checkpoint`` or ``a certificate``; None for anything else.

    Args:
        path: of a file; one that is missing, or no file, is worth nothing.
    """
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError:
        return "a file that cannot be read"
    if head.startswith(MAGIC):
        return "a genome"
    if _CHECKPOINT.match(head):
        return "the checkpoint of a training"
    return CERTIFICATE if _CERTIFICATE.search(head) else None
