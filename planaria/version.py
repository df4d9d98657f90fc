"""The version of planaria, which results, reports and certificates name."""

from typing import Final

__version__: Final = "0.2.0"
