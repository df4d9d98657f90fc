"""What became of messages: one message is one frame on one link."""


class Traffic:
    """Counts messages: one message is one frame on one link."""

    def __init__(self) -> None:
        self.sent = 0
        self.delivered = 0
        """Received by a cell's program."""

        self.lost = 0
        self.corrupted = 0
        """Spoiled on the wire, so that the cell refuses them."""

        self.cut = 0
        """Cut short, for the sender lost power, so that the cell refuses them."""

        self.unheard = 0
        """Nobody was there when they arrived."""
