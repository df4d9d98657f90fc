"""Thousands of independent cells on SimPy: clocks, links, faults, and what they do to a pattern."""
