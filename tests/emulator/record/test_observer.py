from emulator.record.observer import Observer
from emulator.record.recovery import Sample
from firmware.picture import Displacement

STOOD = Displacement(0, 1, 2.0)


def rounds_after(observer, *cells):
    for cell in cells:
        observer.updated(cell)
    return observer.async_rounds


def test_an_asynchronous_round_is_over_when_every_cell_has_updated():
    observer = Observer(3)
    assert rounds_after(observer, 0, 0, 1) == 0
    assert rounds_after(observer, 2) == 1
    assert rounds_after(observer, 2, 2, 1) == 1
    assert rounds_after(observer, 0) == 2
    assert observer.updates == 8


def test_no_round_waits_for_a_cell_without_power():
    observer = Observer(3)
    observer.updated(0)
    observer.updated(1)
    observer.stopped(2)
    assert observer.async_rounds == 1
    assert rounds_after(observer, 0, 1) == 2


def test_a_dead_grid_has_no_rounds():
    observer = Observer(2)
    observer.stopped(0)
    observer.stopped(1)
    assert observer.async_rounds == 0


def test_a_cell_that_boots_is_not_awaited_before_the_next_round():
    observer = Observer(3)
    observer.stopped([2])
    observer.started([2])
    assert rounds_after(observer, 0, 1) == 1
    assert rounds_after(observer, 0, 1) == 1
    assert rounds_after(observer, 2) == 2


def test_faults_begin_and_end_without_touching_rounds():
    observer = Observer(2)
    observer.updated(0)
    observer.wound_begins(1, "w", 5, 2.0, destroys=True, stood=STOOD)
    observer.wound_ends(1, 9, 7.0, mature=3)
    assert (observer.async_rounds, observer.left) == (0, 1)
    assert rounds_after(observer, 1) == 1


def test_where_it_stands_is_asked_when_it_has_been_away():
    observer = Observer(1)
    away = []
    for error in (1000, 500, 10, 11, 200, 9, 11, 12, 13):
        observer.sample(0, error, mature=1)
        away.append(observer.away_rounds)
    assert away == [0, 0, 0, 1, 2, 0, 1, 2, 3]


def test_a_wound_is_as_deep_as_its_worst_moment():
    observer = Observer(1)
    observer.wound_begins(1, "w", 5, 2.0, destroys=True, stood=STOOD)
    observer.traffic.sent = 8
    observer.wound_deepens(1, 9.0)
    observer.wound_ends(1, 8, 7.0, mature=3)
    (wound,) = observer.wounds()
    assert (wound.start_us, wound.error_before, wound.error_after) == (5, 2.0, 9.0)
    assert wound.end == Sample(8, 7.0, updates=0, async_rounds=0, mature=3, messages=8)


def test_after_darkness_the_first_to_boot_begin_a_round():
    observer = Observer(3)
    observer.stopped([0, 1, 2])
    observer.stopped([])
    observer.started([1])
    assert (observer.async_rounds, observer.left) == (0, 1)
    assert rounds_after(observer, 1) == 1
