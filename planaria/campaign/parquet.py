"""The results as an Apache Parquet table, where pyarrow (extra ``table``) is installed."""

import io
from typing import Any

from planaria.campaign.plan import Plan
from planaria.campaign.row import KINDS, NULLABLE
from planaria.campaign.trial import TrialResult, as_rows


def results_as_parquet(plan: Plan, results: list[TrialResult]) -> bytes | None:
    """The table: a row for each trial, or None without pyarrow.

    Columns are those of ``results.csv``, parameters in between. One whose values are texts and numbers
    by turns is a column of texts.

    Args:
        plan: of the campaign.
        results: at least one, by point and index.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        return None
    rows = list(as_rows(plan.points(), results))
    columns = {name: _alike([row[name] for row in rows]) for name in rows[0]}
    known = {float: pyarrow.float64(), int: pyarrow.int64()}
    types = {"seed": pyarrow.uint64()} | {name: known[KINDS[name]] for name in NULLABLE}
    arrays = {name: pyarrow.array(values, types.get(name)) for name, values in columns.items()}
    file = io.BytesIO()
    parquet.write_table(pyarrow.table(arrays), file)
    return file.getvalue()


def _alike(values: list[Any]) -> list[Any]:
    """The values, all as texts if some are."""
    mixed = any(isinstance(value, str) for value in values)
    return [value if value is None else str(value) for value in values] if mixed else values
