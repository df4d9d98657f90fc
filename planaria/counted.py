"""Numbers of things, as a sentence says them."""


def counted(number: int, thing: str) -> str:
    """A number with its noun: ``1 trial``, ``2,000 trials``."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"
