import pytest

from tests.small_genome import small_genome


@pytest.fixture(scope="session")
def genome():
    return small_genome(hidden=12)
