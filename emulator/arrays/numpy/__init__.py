"""The look-ahead engine without a compiler, many cells at a time."""
