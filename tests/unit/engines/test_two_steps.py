from __future__ import annotations

import os

import engine_tasks as tasks
from copytrace.engines import LocalEngine, SecondStepHere, TwoSteps


def test_workers_do_the_first_step_and_this_process_the_second() -> None:
    done = dict(SecondStepHere(LocalEngine(2)).map_unordered(TwoSteps(tasks.pid_and, tasks.pids), [7, 8]))
    assert {task: result[0] for task, result in done.items()} == {7: 7, 8: 8}
    assert all(first != os.getpid() == second for _, first, second in done.values())


def test_a_task_that_kills_its_workers_has_no_second_step() -> None:
    engine = SecondStepHere(LocalEngine(2))
    work = TwoSteps(tasks.die_at_deadly, tasks.pids)
    done = dict(engine.map_unordered(work, [1, tasks.DEADLY], on_death=lambda task, _: (task, 0, 0)))
    assert done[tasks.DEADLY] == (tasks.DEADLY, 0, 0)
    assert done[1][2] == os.getpid()


def test_other_work_runs_as_on_the_engine_itself() -> None:
    engine = SecondStepHere(LocalEngine(1))
    assert list(engine.map_unordered(tasks.double, [3])) == [(3, 6)]
    assert (engine.slots, engine.remote, engine.ships) == (1, False, False)
    assert engine.on_each_machine(tasks.double, 3) == []
