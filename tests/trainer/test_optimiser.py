"""Directions of Adam, SOAP and Muon."""

import numpy as np
import pytest

from trainer.optimiser import OPTIMISERS, Adam, Muon, Soap, make_optimiser

SHAPE = 6, 4


def gradients(count, shape=SHAPE):
    """Of unit norm."""
    draws = np.random.default_rng(3)
    drawn = [draws.normal(size=shape).astype(np.float32) for _ in range(count)]
    return [g / np.linalg.norm(g) for g in drawn]


def rotation(size, seed):
    turned, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(size, size)))
    return turned.astype(np.float32)


def near(found, expected, within=1e-4):
    np.testing.assert_allclose(found, expected, rtol=0, atol=within * np.abs(expected).max())


def test_adam_by_hand():
    """Means and squares of one number: 0.6, then -0.2, corrected for their short past."""
    adam = Adam((1,))
    assert adam.direction(np.float32([0.6]), 0) == pytest.approx([1])
    mean, square = 0.9 * 0.06 - 0.02, 0.999 * 0.00036 + 0.00004
    assert adam.state["mean"] == pytest.approx([0.06])
    expected = mean / 0.19 / (square / 0.001999) ** 0.5
    assert adam.direction(np.float32([-0.2]), 1) == pytest.approx([expected])
    assert expected == pytest.approx(0.40022, abs=1e-5)
    assert adam.state["square"] == pytest.approx([square])


def test_soap_is_adam_at_first():
    (gradient,) = gradients(1)
    near(Soap(SHAPE).direction(gradient, 0), Adam(SHAPE).direction(gradient, 0))


def test_soap_is_adam_in_the_basis_that_it_has():
    first, *others = gradients(5)
    soap, adam = Soap(SHAPE), Adam(SHAPE)
    soap.direction(first, 0)
    left, right = soap.state["left_basis"].copy(), soap.state["right_basis"].copy()
    assert not np.allclose(left, np.eye(6))
    adam.state["mean"][...] = left.T @ soap.state["mean"] @ right
    adam.state["square"][...] = soap.state["square"]
    for step, gradient in enumerate(others, 1):
        near(soap.direction(gradient, step), left @ adam.direction(left.T @ gradient @ right, step) @ right.T)
    assert np.array_equal(soap.state["left_basis"], left)


def test_soap_turns_its_basis_to_that_of_the_gram_matrices():
    """In each tenth step, by a power iteration."""
    soap, grams = Soap(SHAPE), [np.zeros((size, size)) for size in SHAPE]
    for step, g in enumerate(gradients(11)):
        before = soap.state["left_basis"].copy(), soap.state["right_basis"].copy()
        soap.direction(g, step)
        for side, (gram, product) in enumerate(zip(grams, (g @ g.T, g.T @ g), strict=True)):
            gram[...] = product if step == 0 else 0.95 * gram + 0.05 * product
            name = ("left", "right")[side]
            near(soap.state[name], gram)
            basis = soap.state[f"{name}_basis"]
            if step in {0, 10}:
                near(basis.T @ basis, np.eye(len(basis)))
                near(gram + np.tril(basis.T @ gram @ before[side], -1), gram)
                assert not np.allclose(basis, before[side])
            else:
                assert np.array_equal(basis, before[side])


@pytest.mark.parametrize(("name", "minds"), [("soap", False), ("muon", False), ("adam", True)])
def test_only_adam_minds_how_the_axes_lie(name, minds):
    """Gradients of turned parameters give turned directions; of SOAP, as soon as it has a basis."""
    first, *others = gradients(12, (5, 5))
    left, right = rotation(5, 1), rotation(5, 2)
    plain, turned = (make_optimiser(name, (5, 5)) for _ in range(2))
    plain.direction(first, 0), turned.direction(left @ first @ right.T, 0)
    if name != "muon":  # before that, squares are those of the axes as they lie
        for optimiser in (plain, turned):
            optimiser.state["square"][...] = 1e-5
    if name == "soap":
        for side, turn in (("left", left), ("right", right)):
            turned.state[f"{side}_basis"][...] = turn @ plain.state[f"{side}_basis"]
    apart = []
    for step, gradient in enumerate(others, 1):
        expected = left @ plain.direction(gradient, step) @ right.T
        found = turned.direction(left @ gradient @ right.T, step)
        apart.append(np.abs(found - expected).max() / np.abs(expected).max())
    assert (max(apart) > 0.1) if minds else (max(apart) < 1e-2)


@pytest.mark.parametrize("shape", [SHAPE, (4, 6), (5, 5)])
def test_muon_goes_equally_far_along_all_axes(shape):
    muon, mean = Muon(shape), np.zeros(shape)
    for step, gradient in enumerate(gradients(3, shape)):
        found = muon.direction(gradient, step)
        assert np.linalg.svd(found)[1] == pytest.approx(np.full(min(shape), Muon.LENGTH), rel=0.4)
        mean = 0.95 * mean + 0.05 * gradient
        # None is turned: with what comes ahead, its product is symmetric and positive.
        ahead = 0.05 * gradient + 0.95 * mean
        product = found.T @ ahead if shape[1] <= shape[0] else found @ ahead.T
        near(product, product.T)
        assert np.linalg.eigvalsh((product + product.T) / 2).min() > 0


def test_a_vector_has_adam():
    assert {name: type(make_optimiser(name, (7,))) for name in OPTIMISERS} == dict.fromkeys(OPTIMISERS, Adam)
    assert [type(make_optimiser(name, SHAPE)) for name in ("soap", "muon", "adam")] == [Soap, Muon, Adam]


@pytest.mark.parametrize("name", OPTIMISERS)
def test_what_it_remembers_changes_in_place_and_is_all_that_counts(name):
    """Another one with the same memory goes the same way, to the bit."""
    one, other = make_optimiser(name, SHAPE), make_optimiser(name, SHAPE)
    *before, last = gradients(8)
    held = dict(one.state)
    for step, gradient in enumerate(before):
        given = gradient.copy()
        one.direction(gradient, step)
        assert np.array_equal(gradient, given)
    assert all(one.state[key] is array for key, array in held.items())
    for key, array in other.state.items():
        assert not np.array_equal(array, held[key])
        array[...] = held[key]
    direction = one.direction(last, 7)
    assert direction.dtype == np.float32
    assert direction.shape == SHAPE
    assert np.array_equal(direction, other.direction(last, 7))


@pytest.mark.parametrize("name", ["soap", "adam"])
def test_no_gradient_no_step(name):
    """In the first step of a training the first layer has none."""
    optimiser = make_optimiser(name, SHAPE)
    for step in range(7):
        assert not optimiser.direction(np.zeros(SHAPE, np.float32), step).any()
