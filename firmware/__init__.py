"""The per-cell runtime: what one tiny computer of the grid stores, computes and says.

Everything here is integer arithmetic and is the reference with which every other implementation
(trainer, fast engines, C) is compared byte by byte. ``docs/SPEC.md`` describes the same in prose.
"""
