"""All genomes in one picture."""

import numpy as np
from PIL import Image

from planaria import gallery
from planaria.pictures.colour import state_on_white
from planaria.shipped import genome_path, open_genome

SHOWN = ("ring", "planarian")


def test_every_genome_grows(monkeypatch, tmp_path):
    """Nine of them make two rows; each shows the colours of an organism of 200 rounds."""
    shipped = {f"number {number}": genome_path(SHOWN[number // 7]) for number in range(9)}
    monkeypatch.setattr(gallery, "shipped_paths", lambda: shipped)
    gallery.save_gallery(tmp_path / "all.png")
    with Image.open(tmp_path / "all.png") as picture:
        assert picture.size == (round(7 * gallery.PANEL_INCHES * 110), round(110 * (2 * 1.9 + 0.4)))
        pixels = np.asarray(picture.convert("RGB"))
    for name, row in zip(SHOWN, np.array_split(pixels, 2), strict=True):
        grid = gallery.world(open_genome(name), 0)
        grid.run(200)
        colours = set(map(tuple, state_on_white(grid.picture).reshape(-1, 3).tolist()))
        assert colours <= set(map(tuple, row.reshape(-1, 3).tolist()))


def test_a_picture_that_cannot_be_written(planaria):
    done = planaria("genomes", "--figure", "no/all.png")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no/all.png - it cannot be written" in done.stderr
