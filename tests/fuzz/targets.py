"""All targets."""

from tests.fuzz import cell, elf, genome, picture, texts

TARGETS = (*genome.TARGETS, *cell.TARGETS, *elf.TARGETS, *picture.TARGETS, *texts.TARGETS)
