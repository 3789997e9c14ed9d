"""Walls of notes become a line per kind."""

from __future__ import annotations

from metalearn.pages.notes import of_tasks, remarks_by_kind, task_notes_by_kind


def test_notes_of_tasks_are_counted_by_kind_with_ranges_of_their_numbers():
    notes = {
        f"set:{i}": f"doubtful: only {i} runs; 100 or more are advised" for i in range(20, 60)
    }
    notes |= {"odd:1": "no answer: R2 -0.25", "odd:2": "no answer: R2 1e-05", "fine": ""}
    assert task_notes_by_kind(notes) == [
        "40 tasks (set:20, set:21, set:22, ...): doubtful: only 20 to 59 runs; 100 or more are "
        "advised",
        "2 tasks (odd:1, odd:2): no answer: R2 -0.25 to 1e-05",
    ]
    assert task_notes_by_kind({}) == []


def test_remarks_that_differ_in_names_and_numbers_are_one():
    remarks = [f"'h{i}': declared [{i}, 2], widened to [{i}, 9]" for i in range(12)]
    assert remarks_by_kind([*remarks, "3 of 9 runs failed", "3 of 9 runs failed"]) == [
        "'h0': declared [0, 2], widened to [0, 9] (and 11 more like this)",
        "3 of 9 runs failed",
    ]


def test_notes_that_begin_with_a_task_go_to_it():
    notes = ["a:b: all losses are equal: left out", "no task: nothing", "a: 3 runs: left out"]
    assert of_tasks(notes, {"a", "a:b"}) == (
        {"a:b": "all losses are equal: left out", "a": "3 runs: left out"},
        ["no task: nothing"],
    )
