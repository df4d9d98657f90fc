import pytest

from benchmarks import training
from tests.trainer.worlds import backend_of


@pytest.mark.parametrize("name", ["torch", "portable"])
def test_a_batch_is_timed(name):
    """By the grade that backends ask for now, and with which benchmarks once ended in an error."""
    side = 16 + 2 * training.MARGIN
    assert training._seconds(backend_of(name, side, side), training._samples(16)) > 0
