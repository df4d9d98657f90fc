"""Two plans as texts: the least and the most that a plan can say."""

import pytest

SMALL = """\
title = "small"
genomes = ["ring"]
timeline = ["restart:half:left@20"]
trials = 3
horizon_rounds = 50
"""

FULL = """\
title = "Everything that a plan can say"
genomes = ["ring", "planarian"]
timeline = ["restart:{cut}@200", "loss:{extra}@{start}+40", "kill:disc:{row},16,3@200.5+0.25"]
trials = 60
horizon_rounds = 350
quiet_rounds = 100
seed = 18446744073709551615

[world]
grid = "{cols}x48"
torus = true
clock = "uniform"
mean_interval_us = 5000
latency_us = "{latency_us}"
jitter_us = 70
loss = 0.25

[recovery]
gone_fraction = 0.5
dwell_rounds = 10
grown_error = 20
while_growing = true

[sweep]
cut = ["half:left", "disc:16,16,6"]
latency_us = [500, 1000]

[draw]
row = { from = 4, to = 27 }
extra = { of = [1e-4, 0.5, 1] }
start = { from = 100, to = 120 }
cols = { of = [32, 33] }
"""


@pytest.fixture(scope="session")
def small():
    return SMALL


@pytest.fixture(scope="session")
def full():
    return FULL
