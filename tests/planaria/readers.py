"""All commands that only read results, one after the other: ``python -m tests.planaria.readers old``."""

import sys

from planaria.commands.main import main

folder = sys.argv[1]
for arguments in (
    ["report", folder, "-o", "new", "--json"],
    ["replay", folder, "--trial", "1", "--json"],
    ["certify", folder, "--within", "3", "-o", "c.json", "--json"],
):
    status = main(arguments)
    if status:
        sys.exit(status)
