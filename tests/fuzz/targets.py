"""All targets."""

from tests.fuzz import cell, elf, genome, texts

TARGETS = (*genome.TARGETS, *cell.TARGETS, *elf.TARGETS, *texts.TARGETS)
