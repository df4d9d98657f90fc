"""The look-ahead engine in machine code: whatever numba compiles, and what keeps it on disk."""
