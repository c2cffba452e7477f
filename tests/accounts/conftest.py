import pytest


@pytest.fixture(autouse=True)
def _fresh(fresh_house: None) -> None:
    """Every test here has a house of its own."""
