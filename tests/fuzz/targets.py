"""All targets."""

from tests.fuzz import campaign, cell, checkpoint, command_line, elf, genome, graph, picture, texts

TARGETS = (
    *genome.TARGETS,
    *cell.TARGETS,
    *elf.TARGETS,
    *checkpoint.TARGETS,
    *picture.TARGETS,
    *graph.TARGETS,
    *texts.TARGETS,
    *campaign.TARGETS,
    *command_line.TARGETS,
)
