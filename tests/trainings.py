"""Trainings for tests, by whatever computes on this machine."""


def backend(rows, cols, _before=""):
    """The fastest."""
    from trainer.backends import make_backend

    return make_backend("auto", rows, cols)


def make_training(target, recipe, kind=None, **more):
    """A training, perhaps of a class that a test has made of it."""
    from trainer.training import Training, grid_size

    return (kind or Training)(target, recipe, backend(*grid_size(target, recipe)), **more)
