"""What one cell has, from the closing speculation of *Growing Neural Cellular Automata* (2020)."""

ROM_BYTES = 10_240
"""Flash per cell: genome, program code and vectors."""

ERASED = b"\xff"
"""What a byte of flash holds before it is written."""

RAM_BYTES = 256
"""Memory per cell: everything, the stack included."""

CHANNELS = 16
"""State channels of a cell: red, green, blue, alpha, and twelve hidden ones."""

PORTS = 8
"""Links of a cell, one to each neighbour of its 3x3 neighbourhood."""

PERCEPTION = 3 * CHANNELS
"""Inputs of the update rule: own state, Sobel x, Sobel y."""

HIDDEN_MAX = 128
"""Widest hidden layer whose weights leave room for code in ``ROM_BYTES``."""

ONE = 64
"""The int8 value that stands for 1.0 in a state channel."""

ALPHA = 3
"""Index of the alpha channel, the last of the visible ones."""

VISIBLE = 4
"""Channels that make the cell's colour: red, green, blue (premultiplied) and alpha."""

ALIVE_MIN = 7
"""Smallest alpha of a mature cell: the paper's 0.1, in units of 1/64, rounded up."""

COMPUTE_MAX_US = 10_000_000
"""No update may take longer."""
