"""The look-ahead engine: all cells as arrays, in NumPy or in compiled code."""
