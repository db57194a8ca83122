"""The list of failures that a pack must survive: each is reproduced by a test that is there; the table is printed."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
TABLE = Path(__file__).with_name("FAULTS.md")

READING, DIRT, RUNS, EXECUTE = (
    "record/test_files.py",
    "record/test_dirt.py",
    "faults/test_runs.py",
    "pack/test_execute.py",
)
DAMAGE, RUN, PUBLISH = "faults/test_damaged_extracts.py", "pack/test_run.py", "pack/test_publish.py"
REFUSED_FILE = (READING, "test_a_file_that_cannot_be_trusted_is_refused_in_words")
UNREADABLE = (READING, "test_dates_as_excel_serials_throughout_are_refused_with_what_to_do")
GUESSED = (DIRT, "test_a_column_of_dates_that_would_have_to_be_guessed_is_refused")
DIRTY = (DIRT, "test_what_becomes_of")
FAILED = (RUNS, "test_failing_notebooks_let_the_others_finish_and_nothing_is_published")
SCRUBBED = (EXECUTE, "test_no_failure_holds_a_childs_value_and_the_restricted_log_holds_the_whole_error")

# The failure, what becomes of it, the tests that reproduce it. The failures and their order are those of the list.
FAULTS = (
    (
        "truncated CSV",
        "refused: the cut row named; a cut at the end of a row cannot be seen",
        (DAMAGE, "test_a_file_cut_off_inside_a_row_is_refused_with_the_row"),
        REFUSED_FILE,
    ),
    ("unclosed quote", "refused with file and row", REFUSED_FILE),
    (
        "cp1252",
        "read, and said; letters saved twice are told",
        (READING, "test_a_byte_order_mark_and_windows_1252_are_read"),
        (DAMAGE, "test_letters_saved_twice_are_told"),
    ),
    (
        "BOM",
        "read, also where it became letters",
        (READING, "test_a_byte_order_mark_and_windows_1252_are_read"),
        (DAMAGE, "test_a_byte_order_mark_that_was_read_as_letters_is_no_column_name"),
    ),
    ("utf-16 from Excel", "refused: save as CSV UTF-8", REFUSED_FILE),
    (
        "dd/mm vs mm/dd",
        "day first or ISO only; a month-first column is refused",
        GUESSED,
        (DAMAGE, "test_the_first_of_april_is_in_april"),
    ),
    (
        "impossible date",
        "its row is set aside and counted; the value is in no message",
        (DAMAGE, "test_a_day_that_does_not_exist_sets_its_row_aside_and_is_in_no_message"),
    ),
    ("Excel serial 45383", "a column is refused, one cell sets its row aside", UNREADABLE, GUESSED),
    ("2-digit year", "a column is refused, one cell sets its row aside", GUESSED, DIRTY),
    (
        "leading zeros / long ids",
        "ids are text",
        (DAMAGE, "test_ids_keep_their_zeros_and_long_ids_stay_apart"),
        (READING, "test_identifiers_keep_their_leading_zeros"),
    ),
    (
        "1.23E+11",
        "refused, the column named",
        REFUSED_FILE,
        ("record/test_workbook.py", "test_a_long_number_as_id_has_lost_digits_and_is_refused"),
    ),
    (
        'code "NA" / "None"',
        "one list of words for missing; read as blank, and counted",
        (DAMAGE, "test_a_word_for_missing_is_blank_and_counted"),
    ),
    (
        "duplicated rows",
        "copies are used once, rivals set aside, both counted",
        (
            "record/test_cleaning.py",
            "test_a_row_copied_twice_is_used_once_and_a_second_row_for_the_same_start_is_set_aside",
        ),
        DIRTY,
    ),
    (
        "many-to-many join",
        "one row for each key in every table; two rows of one key are refused",
        ("disclosure/test_protect.py", "test_two_rows_with_one_key_are_refused"),
        ("record/test_cleaning.py", "test_an_episode_restated_by_a_later_return_is_counted_once"),
    ),
    (
        "missing team",
        "a group of its own, Unallocated; the total stays",
        ("series/test_series.py", "test_a_local_column_is_a_breakdown_with_unallocated_kept"),
    ),
    (
        "overlapping episodes",
        "repaired by a numbered rule, listed",
        ("record/test_cleaning.py", "test_an_episode_that_overlaps_the_next_ends_where_the_next_starts"),
        ("record/test_rules.py", "test_a_rule_finds_child_x_and_not_child_ok"),
    ),
    (
        "future dates, death/exit before start, age outside 0-26",
        "flagged or set aside by rule, and counted",
        ("record/test_cleaning.py", "test_a_row_that_starts_after_the_as_at_date_is_set_aside"),
        ("record/test_rules.py", "test_a_rule_finds_child_x_and_not_child_ok"),
    ),
    (
        "empty quarter",
        "counts are 0, shares not applicable; a quarter that the returns do not cover is not available",
        ("series/test_series.py", "test_a_quarter_in_which_nothing_happened_counts_nought"),
        ("series/test_series.py", "test_a_quarter_after_the_returns_is_not_available"),
    ),
    (
        "zero denominator",
        "z, not applicable",
        ("series/test_series.py", "test_a_share_of_nobody_is_not_applicable_and_says_so"),
    ),
    (
        "half rounding",
        "half up",
        ("disclosure/test_counts.py", "test_the_edges_of_hiding_and_rounding"),
        ("disclosure/test_protect.py", "test_percentages_are_whole_numbers_of_true_counts_with_halves_upwards"),
    ),
    (
        "mistyped parameter (`quater`)",
        "refused before a kernel starts, with the nearest key",
        (RUNS, "test_a_mistyped_parameter_stops_the_run_before_a_kernel_starts"),
        ("pack/test_params.py", "test_a_misspelt_key_is_told_with_its_line_and_the_nearest_key"),
    ),
    (
        "`sys.exit(0)` in a cell",
        "the notebook failed; nothing is published",
        (EXECUTE, "test_leaving_early_with_a_clean_exit_is_a_failure"),
        FAILED,
    ),
    (
        "kernel killed",
        "tried once more, then failed, whatever the metadata says",
        (EXECUTE, "test_a_kernel_that_dies_once_is_tried_again_and_only_the_second_try_s_files_stay"),
        (EXECUTE, "test_a_kernel_that_dies_is_a_failure_with_its_last_cell"),
    ),
    (
        "papermill killed (-9)",
        "one whole pack stands, old or new; --resume finishes",
        (RUNS, "test_a_run_killed_at_any_point_leaves_one_whole_pack_and_resume_finishes_the_new_one"),
        (RUNS, "test_a_run_killed_in_the_middle_leaves_the_old_pack_no_kernels_and_a_place_for_the_next_run"),
        (RUNS, "test_what_a_killed_run_left_goes_with_the_next_run_even_if_the_pack_stands_as_it_is"),
    ),
    (
        "disk full",
        "refused before, and the old pack intact during",
        (RUNS, "test_a_disk_with_too_little_room_is_refused_before_anything_starts"),
        (RUNS, "test_a_disk_that_fills_up_while_notebooks_run_leaves_the_old_pack"),
        (RUNS, "test_a_disk_that_fills_up_while_pages_are_written_leaves_the_old_pack"),
    ),
    (
        "two runs at once, same target",
        "the second is refused with owner and time of the first",
        (RUNS, "test_two_runs_at_once_the_second_is_refused_and_the_first_publishes"),
        (PUBLISH, "test_a_lock_is_stale_when_its_process_is_gone_or_unheard_of_for_half_a_day"),
    ),
    (
        "traceback in report or log",
        "type and place only; the whole error in the restricted folder",
        SCRUBBED,
        (PUBLISH, "test_a_line_of_code_on_a_page_is_refused"),
    ),
    (
        "HTML",
        "own template: nothing fetched, every chart in words, text escaped",
        ("pack/test_export.py", "test_markup_that_would_fetch_or_run_something_is_refused"),
        ("faults/test_canaries.py", "test_hostile_text_is_shown_as_text_on_every_page"),
        ("views/test_charts.py", "test_the_alternative_text_gives_value_interval_target_and_change"),
    ),
    (
        "kernel transport",
        "sockets of this user alone; the local network only on Windows",
        (EXECUTE, "test_a_kernel_is_spoken_to_over_sockets_of_this_user_alone"),
    ),
    (
        "one notebook fails of ten",
        "the others finish and are kept; marked incomplete, not published; --resume runs the failed one",
        FAILED,
        (RUN, "test_resume_takes_over_what_a_failed_run_finished_and_a_run_without_it_does_not"),
    ),
    (
        "same inputs run twice",
        "the same bytes in every page and data file",
        (RUNS, "test_the_same_inputs_give_the_same_files"),
        (RUN, "test_only_the_changed_notebook_runs_and_the_pack_is_that_of_a_fresh_run"),
    ),
    (
        "wrong schema version / renamed column",
        "refused: the column needed, and the nearest found",
        REFUSED_FILE,
        ("record/test_database.py", "test_other_relations_are_left_out_and_said_with_the_nearest_column"),
    ),
    (
        "measure function raises",
        "the notebook failed, told by cell and type; nothing is published",
        FAILED,
        (EXECUTE, "test_an_error_of_another_library_is_told_by_cell_and_type_only"),
    ),
)
# What the list does not name and a run meets as well.
MORE = (
    (
        "read-only reports folder",
        "refused before anything starts; --reports named",
        (RUNS, "test_a_reports_folder_that_cannot_be_written_is_named"),
    ),
    (
        "paths too long",
        "refused before anything starts, with the length",
        (RUNS, "test_paths_that_would_be_too_long_are_refused_before_anything_starts"),
        (PUBLISH, "test_windows_limit_is_counted_before_anything_is_written"),
    ),
    (
        "torn manifest, lock or kept result",
        "not trusted; the next run replaces it",
        (RUNS, "test_a_torn_manifest_does_not_stop_the_next_run"),
        (PUBLISH, "test_a_torn_lock_is_stale_after_a_minute"),
        (RUN, "test_a_kept_result_that_is_torn_changed_or_thirty_days_old_is_not_taken_over"),
    ),
    (
        "extract changed during a run",
        "refused",
        (RUN, "test_an_extract_that_changes_while_notebooks_read_it_is_refused"),
    ),
    (
        "worker process killed",
        "its notebook failed, no other",
        (EXECUTE, "test_a_worker_that_dies_fails_its_own_notebook_and_no_other"),
    ),
    (
        "a child's id on a page",
        "refused without repeating it",
        (RUNS, "test_a_page_that_shows_a_childs_id_is_not_published"),
        ("faults/test_canaries.py", "test_no_canary_is_in_any_byte_of_a_page_data_file_manifest_picture_or_message"),
    ),
    (
        "any other bytes",
        "a refusal in words or a reconciled record",
        ("fuzz/test_readers.py", "test_any_input_is_refused_in_words_or_read_without_losing_a_row"),
    ),
)


@cache
def names_in(file: str) -> frozenset[str]:
    """The names of the tests of a file."""
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def made() -> str:
    """The table as text."""
    lines = [
        "# Faults",
        "",
        "Made by `python -m tests.faults.test_fault_list`; do not edit. Each failure, what becomes of it, and the",
        "tests that reproduce it. After all of them: the earlier pack stands whole, and nothing half is published.",
        "",
        "| failure | outcome | reproduced in |",
        "|---|---|---|",
    ]
    for failure, outcome, *tests in (*FAULTS, *MORE):
        named = "; ".join(f"`{file}` {name.removeprefix('test_').replace('_', ' ')}" for file, name in tests)
        lines.append(f"| {failure} | {outcome} | {named} |")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("fault", [*FAULTS, *MORE], ids=lambda fault: fault[0])
def test_every_failure_is_reproduced_by_a_test_that_is_there(fault):
    _, outcome, *tests = fault

    assert outcome
    assert tests
    assert [(file, name) for file, name in tests if name not in names_in(file)] == []


def test_every_failure_of_the_list_is_in_the_table(shared):
    text = (shared / "mission" / "DISCLOSURE_AND_FAULTS.md").read_text(encoding="utf-8")
    rows = text[text.index("### The failure list") :].split("\nRule for all")[0].splitlines()
    listed = [row.split("|")[1].strip() for row in rows if row.startswith("|")][2:]

    assert len(listed) > 30
    assert [fault[0] for fault in FAULTS] == listed


def test_the_table_is_up_to_date():
    """Run `python -m tests.faults.test_fault_list` to write it anew and print it."""
    assert TABLE.read_text(encoding="utf-8") == made()


if __name__ == "__main__":
    TABLE.write_text(made(), encoding="utf-8")
    print(made())
