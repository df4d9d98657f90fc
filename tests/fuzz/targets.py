"""All targets."""

from tests.fuzz import campaign, cell, checkpoint, command_line, elf, genome, picture, texts

TARGETS = (
    *genome.TARGETS,
    *cell.TARGETS,
    *elf.TARGETS,
    *checkpoint.TARGETS,
    *picture.TARGETS,
    *texts.TARGETS,
    *campaign.TARGETS,
    *command_line.TARGETS,
)
