"""Every row of the table of symptoms that users of these boards meet is provoked by some test, or cannot be here.

The numbers are those of the list of failures that deployment was built from.
"""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent

PROVOKED = {
    1: ("board/test_signing_tool.py", "test_without_alignment_the_image_is_refused_and_the_old_one_kept"),
    2: ("deploy/test_faults.py", "test_a_person_who_only_says_that_the_switches_were_moved"),
    3: ("board/test_image_header.py", "test_each_gate_is_closed_to_what_it_is_there_for"),
    4: ("board/test_flash_plan.py", "test_an_address_with_a_typing_error"),
    5: ("board/test_cube_programmer.py", "test_in_flash_boot_erasing_fails_and_the_switches_are_named"),
    6: ("board/test_cube_programmer.py", "test_flash_that_did_not_change_is_found_out_by_reading_back"),
    7: ("board/test_cube_programmer.py", "test_a_board_that_runs_from_flash_is_reached_under_reset"),
    8: ("board/test_cube_programmer.py", "test_each_failure_line_has_its_error_and_advice"),
    9: ("board/test_cube_programmer.py", "test_each_failure_line_has_its_error_and_advice"),
    10: ("board/test_cube_programmer.py", "test_a_loader_that_is_not_there_is_noticed_before_the_tool_ignores_it"),
    11: ("board/test_cube_programmer.py", "test_a_probe_that_locks_up_is_driven_slower"),
    12: ("board/test_cube_programmer.py", "test_a_hanging_loader_is_ended_and_cured_by_a_power_cycle"),
    13: ("board/test_flash_plan.py", "test_weights_where_the_application_does_not_look"),
    14: ("board/test_flash_plan.py", "test_weights_of_another_run"),
    15: ("board/test_flash_plan.py", "test_images_that_are_too_large"),
    16: ("board/test_virtual_board.py", "test_what_keeps_a_board_dark_is_said"),
    17: ("board/test_application_build.py", "test_a_runtime_of_another_version_is_refused_and_can_be_replaced"),
    18: ("board/test_application_build.py", "test_every_release_builds_and_the_users_tree_stays_as_it_was"),
    19: ("board/test_application_build.py", "test_what_stops_a_build_is_named"),
    20: ("board/test_application_build.py", "test_the_nucleo_overflows_as_it_comes_and_fits_enlarged"),
    21: ("deploy/test_st.py", "test_the_nucleo_gets_its_region_enlarged"),
    22: ("deploy/test_st.py", "test_a_model_that_finds_no_room"),
    23: ("board/test_compile.py", "test_what_only_sounds_bad_succeeds"),
    24: ("board/test_fit.py", "test_each_reason_against_a_model_is_an_error_of_its_own"),
    25: ("board/test_compile.py", "test_every_pair_has_its_own_command_line"),
    27: ("board/test_compile.py", "test_a_question_that_nobody_answers_ends_after_the_silence_with_a_word_before"),
    28: ("board/test_tool_search.py", "test_versions_are_read_from_what_tools_print"),
    29: ("deploy/test_st.py", "test_a_compiler_of_another_release"),
    30: ("board/test_application_build.py", "test_what_stops_a_build_is_named"),
    33: ("board/test_fit.py", "test_each_reason_against_a_model_is_an_error_of_its_own"),
    35: ("board/test_virtual_board.py", "test_what_keeps_a_board_dark_is_said"),
}
NOT_HERE = {
    26: "needs a model that runs on the chip",
    31: "a camera cable",
    32: "a power supply",
    34: "another operating system's boot chain",
    36: "the live stream's; its tests reconnect",
}


def test_every_row_is_provoked_or_cannot_be():
    assert sorted([*PROVOKED, *NOT_HERE]) == list(range(1, 37))


@pytest.mark.parametrize(("file", "name"), sorted(set(PROVOKED.values())))
def test_the_test_is_there(file, name):
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
