"""What a checkpoint says about its training, checked before any of it is used."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any, Final

from firmware.genome import check_fact
from trainer.practice import PRACTISED
from trainer.recipe import KEYS, PROLONGED_MAX, STEPS_MAX, Recipe
from trainer.rule import BITS, SHIFT1, SHIFT2
from trainer.shortlist import KEPT
from trainer.usual import WINDOW_STEPS as NORMS_MAX
from trainer.watchdog import SCORE_MAX, WINDOW_STEPS

_FACTS: Final = {
    "command": (str,),
    "backend": (str,),
    "recipe": (dict,),
    "seed_pixel": (list,),
    "steps_done": (int,),
    "seconds": (float,),  # a whole number may be larger than any float
    "judgements": (int,),
    "candidates": (list,),
    "prolonged_at": (list,),
    "draws": (list,),
    "failed": (dict,),
    "exploded": (list,),
    "scale": (float,),
    "returns": (int,),
    "score": (float,),
    "norms": (dict,),
}
_DRAWS_BITS: Final = (128, 128, 1, 32)
_CANDIDATE: Final = {"step": (int,), "score": (float,), "shift1": (int,), "shift2": (int,)}


@dataclass(frozen=True)
class Facts:
    """The facts of a training, as ``trainer.keeping`` writes them.

    Attributes:
        command: that asked for it.
        backend: what has computed.
        recipe: its options.
        seed_pixel: of its target.
        steps_done: so far.
        seconds: likewise, of wall time.
        judgements: how often its rule was judged.
        candidates: of each rule of the shortlist its step, score and shifts.
        prolonged_at: after how many steps it got another end.
        draws: state of the random numbers: state, increment, whether a word is left over, and that.
        failed: of kinds of wounds, the share that did not heal lately.
        exploded: whether each of the last steps has exploded.
        scale: of the learning rate.
        returns: how often it went back to an earlier rule.
        score: of the rule to which it goes back, the best so far; ``SCORE_MAX`` if that is the first one.
        norms: of each tensor, the lengths of its last gradients.
    """

    command: str
    backend: str
    recipe: Recipe
    seed_pixel: tuple[int, int]
    steps_done: int
    seconds: float
    judgements: int
    candidates: list[dict[str, Any]]
    prolonged_at: list[int]
    draws: list[int]
    failed: dict[str, float]
    exploded: list[bool]
    scale: float
    returns: int
    score: float
    norms: dict[str, list[float]]

    @classmethod
    def of(cls, content: Any) -> "Facts":
        """Check the JSON of a checkpoint.

        Raises:
            ValueError: it lacks something, or has more, or something that cannot be.
        """
        facts = _typed("facts", content, _FACTS)
        recipe = facts["recipe"]
        if recipe.keys() != set(KEYS):
            raise ValueError("recipe: something is missing or unknown")
        for name in ("command", "backend"):
            check_fact(name, facts[name])
        seed, prolonged_at, candidates = (facts[n] for n in ("seed_pixel", "prolonged_at", "candidates"))
        if len(seed) != 2 or any(type(place) is not int for place in seed):
            raise ValueError("seed_pixel is no row and column")
        if len(prolonged_at) > PROLONGED_MAX or len(candidates) > KEPT:
            raise ValueError("prolonged_at or candidates is too long")
        for name, step in (("steps_done", facts["steps_done"]), *(("prolonged_at", p) for p in prolonged_at)):
            if type(step) is not int or not 0 <= step <= STEPS_MAX:
                raise ValueError(f"{name} is no number of steps")
        if not (isfinite(facts["seconds"]) and facts["seconds"] >= 0):
            raise ValueError("seconds is no time")
        for name in ("judgements", "returns"):
            if not 0 <= facts[name] <= STEPS_MAX:
                raise ValueError(f"{name} is no number of times")
        if not 0 <= facts["scale"] <= 1:
            raise ValueError("scale is no share")
        if not 0 <= facts["score"] <= SCORE_MAX:
            raise ValueError("score is none to go back to")
        failed = _typed("failed", facts["failed"], dict.fromkeys(PRACTISED, (float,)))
        if not all(0 <= share <= 1 for share in failed.values()):
            raise ValueError("failed has what is no share")
        if len(facts["exploded"]) > WINDOW_STEPS or any(type(gone) is not bool for gone in facts["exploded"]):
            raise ValueError("exploded is no list of steps")
        if len(facts["draws"]) != len(_DRAWS_BITS) or not all(
            type(word) is int and 0 <= word < 1 << bits
            for word, bits in zip(facts["draws"], _DRAWS_BITS, strict=True)
        ):
            raise ValueError("draws is no state of random numbers")
        for norms in _typed("norms", facts["norms"], dict.fromkeys(BITS, (list,))).values():
            if len(norms) > NORMS_MAX or any(type(n) is not float or not 0 <= n < inf for n in norms):
                raise ValueError("norms is no list of lengths")
        for candidate in candidates:
            _check_candidate(_typed("candidate", candidate, _CANDIDATE), facts["steps_done"])
        return cls(**facts | {"recipe": Recipe(**recipe), "seed_pixel": tuple(seed)})


def _check_candidate(candidate: dict[str, Any], steps_done: int) -> None:
    if not 0 <= candidate["step"] <= steps_done or not isfinite(candidate["score"]):
        raise ValueError("a candidate has no step or no score")
    if (candidate["shift1"], candidate["shift2"]) != (SHIFT1, SHIFT2):
        raise ValueError("a candidate has other shifts")


def _typed(name: str, content: Any, kinds: Mapping[str, tuple[type, ...]]) -> dict[str, Any]:
    """A map with exactly these keys, and values of exactly these types."""
    if type(content) is not dict or content.keys() != kinds.keys():
        raise ValueError(f"{name}: something is missing or unknown")
    for key, kind in kinds.items():
        if type(content[key]) not in kind:
            raise ValueError(f"{key} is {type(content[key]).__name__}")
    return content
