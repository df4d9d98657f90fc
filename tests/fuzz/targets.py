"""All targets."""

from tests.fuzz import cell, checkpoint, elf, genome, picture, texts

TARGETS = (
    *genome.TARGETS,
    *cell.TARGETS,
    *elf.TARGETS,
    *checkpoint.TARGETS,
    *picture.TARGETS,
    *texts.TARGETS,
)
