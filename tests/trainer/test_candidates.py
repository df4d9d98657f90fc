"""Rules that are judged while a training goes on, and the best of them."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("safetensors", reason="the extra train is not installed")

from trainer.evaluate import Judge
from trainer.keeping import save
from trainer.rule import Weights


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """Rules are judged in every step, after a few rounds."""
    monkeypatch.setattr("trainer.evaluate.GROWN_ROUNDS", 1)
    monkeypatch.setattr("trainer.training.JUDGE_EVERY_STEPS", 1)


def run(training, steps):
    return [training.step() for _ in range(steps)]


def rules(candidates):
    return [(c.step, c.score, *(array.tolist() for array in c.rule[:3])) for c in candidates]


def test_the_best_four_are_kept_and_survive_a_pause(target, recipe, begin, go_on, tmp_path):
    recipe = replace(recipe, steps=20, hidden=4)
    whole, part = begin(target, recipe), begin(target, recipe)
    run(whole, 20), run(part, 17)
    save(part, tmp_path / "x.checkpoint")
    resumed = go_on(tmp_path / "x.checkpoint")
    assert rules(resumed.shortlist.candidates) == rules(part.shortlist.candidates)
    run(resumed, 3)
    assert rules(resumed.candidates()) == rules(whole.candidates())
    found = whole.candidates()
    assert len(found) == 4
    assert len({c.score for c in found}) > 1
    assert [c.score for c in found] == sorted(c.score for c in found)


def test_a_candidate_is_a_rule_or_mean_of_its_step_and_its_score_can_be_found_again(
    target, recipe, begin, usual
):
    training = begin(target, recipe)
    taken = []
    for _ in range(7):
        taken += [(training.steps_done, p.rule()) for p in (training.parameters, training.average)]
        if training.steps_done < 6:
            training.step()
    judge = Judge(usual(12, 12), target, 2, 4)
    scored = sorted(judge.judge(Weights.of(rule), "regenerating").score for _, rule in taken)
    candidates = training.candidates()
    assert [candidate.score for candidate in candidates] == scored[:4]
    assert len(set(scored)) > 4
    for candidate in candidates:
        same = [
            rule
            for step, rule in taken
            if step == candidate.step and all(map(np.array_equal, rule[:3], candidate.rule[:3]))
        ]
        assert same
        assert candidate.score == judge.judge(Weights.of(candidate.rule), "regenerating").score


def test_judging_changes_nothing_in_the_training(target, recipe, begin, monkeypatch):
    judged, unjudged = begin(target, recipe), begin(target, recipe)
    unjudged.judge = lambda: None
    assert run(judged, 6) == run(unjudged, 6)
    judged.candidates()
    assert judged.draws.bit_generator.state == unjudged.draws.bit_generator.state
    for one, other in zip(
        judged.parameters.tensors().values(), unjudged.parameters.tensors().values(), strict=True
    ):
        assert np.array_equal(one, other)
    assert judged.shortlist.candidates
    assert not unjudged.shortlist.candidates


@pytest.mark.parametrize(
    ("steps", "every", "expected"),
    [(80, 1, list(range(0, 80, 2))), (20, 1, list(range(20))), (40, 15, [0, 15, 30])],
)
def test_forty_judgements_but_not_after_fewer_steps(
    target, recipe, begin, monkeypatch, steps, every, expected
):
    monkeypatch.setattr("trainer.training.JUDGE_EVERY_STEPS", every)
    training = begin(target, replace(recipe, steps=steps, hidden=2, regime="growing"))
    judge, at = training.judge, []

    def noted():
        at.append(training.steps_done)
        judge()

    training.judge = noted
    run(training, steps)
    assert at == expected


def test_what_is_told_of_a_judgement_is_the_better_of_rule_and_mean(target, recipe, begin):
    training = begin(target, recipe)
    run(training, 5)
    training.average.w2[...] = 0  # it leaves the seed alone
    judge, judged = training._judge.judge, []
    training._judge.judge = lambda *given: judged.append(judge(*given)) or judged[-1]
    training.watchdog.score = 2.0
    training.judge()
    assert len(judged) == 2
    better = training.parameters if judged[0].score < judged[1].score else training.average
    assert training.watchdog.score == min(judgement.score for judgement in judged)
    assert np.array_equal(training.watchdog.best.w2, better.w2)
    assert judged[0].score != judged[1].score
    assert training.judged is min(judged, key=lambda judgement: judgement.score)
