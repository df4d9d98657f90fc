"""All targets."""

from tests.fuzz import campaign, cell, checkpoint, command_line, elf, genome, graph, picture, recipe, texts

TARGETS = (
    *genome.TARGETS,
    *cell.TARGETS,
    *elf.TARGETS,
    *checkpoint.TARGETS,
    *recipe.TARGETS,
    *picture.TARGETS,
    *graph.TARGETS,
    *texts.TARGETS,
    *campaign.TARGETS,
    *command_line.TARGETS,
)
