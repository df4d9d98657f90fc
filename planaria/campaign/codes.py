"""What the cells of a campaign run: opened from the plan's names, and looked at before any trial."""

from pathlib import Path

from emulator.config import RunConfig
from emulator.faults.base import ram_is_elsewhere
from emulator.world.topology import Topology
from firmware.errors import InputError
from planaria.campaign.graph import graph_of
from planaria.campaign.plan import Plan
from planaria.campaign.world import topologies_of
from planaria.code import Code, check_fits, code_path, engine_of, is_program, open_code
from planaria.program import SourceProgram
from planaria.shipped import shipped_paths


def open_codes(plan: Plan) -> dict[str, Code]:
    """Every genome of a plan, or its program: name in the plan -> genome or program.

    Raises:
        InputError: one cannot be read, or cannot be on the cells of a point; or a grid does not fit into
            memory.
    """
    topologies = topologies_of(plan.worlds(), plan.horizon_rounds, plan.source)
    codes = {}
    for place, name in enumerate(plan.genomes):
        try:
            codes[name] = code = open_code(place_of(plan, name))
            if isinstance(code, SourceProgram):
                check_parameters(plan, code)
            for topology in topologies:
                check_fits(codes[name], topology)
            if isinstance(code, SourceProgram) and code.is_in_c:
                _check_in_c(plan.seeded_by(codes), code, topologies[0])
        except InputError as error:
            key = "program" if is_program(name) else f"genomes[{place}]"
            raise InputError(
                f"{plan.source}: {key}: {error.what}", error.value, error.limit, error.fix
            ) from error
    return codes


def _check_in_c(plan: Plan, program: SourceProgram, topology: Topology) -> None:
    """Refuse a program that no compiler takes, and faults that it cannot suffer on this machine."""
    engine_of(program, RunConfig(topology))
    if not program.in_c.for_kilolib:
        return
    for point in plan.points():
        for fault in plan.trial(point, 0).config.faults:
            if fault.may_change_ram:
                raise ram_is_elsewhere(fault, "choose another action, or run it on --engine iss")


def check_parameters(plan: Plan, program: SourceProgram) -> None:
    """Refuse parameters of a plan that its program has not; and those that it has so anyway.

    The seed follows from what the plan says, and nobody shall choose it by what changes nothing.

    Raises:
        InputError: there is one.
    """
    for given in plan.given():
        program.with_parameters(given)
    roles = program.handlers.declarations
    for name, value in plan.parameters.items():
        if all(value == role.parameters.get(name, value) for role in roles):
            limit = f"it is {value} in {program.name} anyway"
            raise InputError(f"parameter {name}", value, limit, "leave it out")


def place_of(plan: Plan, name: str) -> str:
    """What ``open_code`` wants for what a plan names so: a shipped name, or a path."""
    return name if name in shipped_paths() else str(Path(plan.source).parent / name)


def files_of(plan: Plan) -> list[Path]:
    """What a campaign is made from: the plan's own file, and those of its genomes, program and graph."""
    graph = graph_of(plan.world)
    graphs = [] if graph is None else [Path(plan.source).parent / graph]
    return [Path(plan.source), *(code_path(place_of(plan, name)) for name in plan.genomes), *graphs]
