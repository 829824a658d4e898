"""What is refused before anything is compiled: trees that contradict themselves, the board or the compiler."""

import json
import os
import shutil
import subprocess
from dataclasses import replace

import pytest
from standins.small_application import PAIR, write_application

from n6studio.board.application.config import AppConfig, binding_macros, write_app_config
from n6studio.board.application.gates import boot_loader_of, check_tree, runtime_problem, tree_problems
from n6studio.board.application.header_check import check_header
from n6studio.board.application.modified import modifications
from n6studio.board.application.recognise import identify
from n6studio.board.compiler.fit import Demand
from n6studio.board.compiler.memories import read_pools, read_regions
from n6studio.board.compiler.mpool import pools_for, write_configuration
from n6studio.board.registry import board as board_named
from n6studio.domain.errors.application import ApplicationConfigInvalid
from n6studio.domain.errors.tree import (
    BootLoaderMissing,
    MemoryOverlap,
    RegionMisplaced,
    ReleaseNotKnown,
    TablesDisagree,
    WeightsMisplaced,
)
from n6studio.domain.pose.skeleton import COCO, generic
from n6studio.engine.deploy.preflight_st import _tree
from n6studio.stages.deploy.stage import DeploySettings

DISCOVERY, NUCLEO = board_named("stm32n6570-dk"), board_named("nucleo-n657x0-q")
BOTH = [(DISCOVERY, "STM32N6570-DK"), (NUCLEO, "NUCLEO-N657X0-Q")]
NEWEST = "getting-started-2.3"


def edited(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


# --- memories --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", PAIR)
def test_trees_in_sts_shape_pass_also_enlarged(tmp_path, key):
    application = identify(write_application(tmp_path / "app", key))
    for board in application.boards:
        assert list(tree_problems(application, board)) == []
        assert list(tree_problems(application, board, enlarged=True)) == []


def test_a_linker_script_is_read_in_the_forms_that_it_can_have(tmp_path):
    path = tmp_path / "a.ld"
    path.write_text(
        "/* MEMORY { no (r) : ORIGIN = 1, LENGTH = 2 } */\n_estack = ORIGIN(B) + LENGTH(B);\nMEMORY\n{\n"
        "  A (xrw)   : ORIGIN = 0x91000000, LENGTH =  16M\n"
        "  B (xrw)   : org = 0x34000400, len = 2048K - 1024\n"
        "  C : ORIGIN = 872415232 + 1K , LENGTH = 0x400\n}\n"
    )
    regions, main = read_regions(path, 0x34000400)
    assert [(one.name, one.address, one.size) for one in regions] == [
        ("A", 0x91000000, 16 << 20), ("B", 0x34000400, (2 << 20) - 1024), ("C", 0x34000400, 1024),
    ]  # fmt: skip
    assert main.name == "B"
    path.write_text("SECTIONS { }\n")
    with pytest.raises(ApplicationConfigInvalid, match="MEMORY"):
        read_regions(path, 0)
    with pytest.raises(ApplicationConfigInvalid, match="the file itself"):
        read_regions(tmp_path / "gone.ld", 0)


@pytest.mark.parametrize("text", ["{", "[]", '{"memory": {}}', '{"memory": {"mempools": [{"name": "a"}]}}', '"x"'])
def test_a_pool_file_that_is_none_is_named(tmp_path, text):
    path = tmp_path / "a.mpool"
    path.write_text(text)
    with pytest.raises(ApplicationConfigInvalid, match="memory pools"):
        read_pools(path)


@pytest.mark.parametrize(("board", "name"), BOTH)
def test_a_pool_inside_the_applications_region_is_refused(tmp_path, board, name):
    root = write_application(tmp_path / "app", NEWEST)
    pools = root / f"Model/my_mpools/pools_{name}.mpool"
    edited(pools, "0x3419c000" if board is NUCLEO else "0x34100000", "0x340f0000")
    with pytest.raises(MemoryOverlap) as caught:
        check_tree(identify(root), board)
    assert caught.value.values["first"] == "memory pool cpuRAM2"
    assert caught.value.values["second"] == "linker region AXISRAM1_S"
    assert str(pools) in str(caught.value.values["pools"])


def test_weights_that_reach_into_the_commands_in_flash_are_refused(tmp_path):
    """The 61 MB of v2.2 together with the flash region of v2.3."""
    root = write_application(tmp_path / "app", NEWEST)
    path = root / "Model/my_mpools/pools_STM32N6570-DK.mpool"
    document = json.loads(path.read_text())
    document["memory"]["mempools"][-1]["size"] = {"value": "61", "magnitude": "MBYTES"}
    path.write_text(json.dumps(document))
    with pytest.raises(MemoryOverlap, match="octoFlash"):
        check_tree(identify(root), DISCOVERY)
    check_tree(identify(root), NUCLEO)


def test_pools_that_share_addresses_are_refused(tmp_path):
    root = write_application(tmp_path / "app")
    edited(root / "Model/my_mpools/pools_STM32N6570-DK.mpool", "0x34270000", "0x34260000")
    with pytest.raises(MemoryOverlap, match="npuRAM3"):
        check_tree(identify(root), DISCOVERY)


def test_a_region_where_the_boot_loader_does_not_start_is_refused(tmp_path):
    root = write_application(tmp_path / "app")
    edited(root / "Application/STM32N6570-DK/STM32CubeIDE/STM32N657xx.ld", "0x34000400", "0x34000000")
    with pytest.raises(RegionMisplaced, match="0x34000400"):
        check_tree(identify(root), DISCOVERY)


@pytest.mark.parametrize("address", ["0x71000000", "0x70000000"])
def test_weights_elsewhere_than_the_script_programs_them_are_refused(tmp_path, address):
    root = write_application(tmp_path / "app")
    edited(root / "Model/my_mpools/pools_STM32N6570-DK.mpool", "0x70380000", address)
    with pytest.raises(WeightsMisplaced, match="0x70380000"):
        check_tree(identify(root), DISCOVERY)


def test_the_compiler_is_given_the_trees_own_pools_and_options(tmp_path):
    root = write_application(tmp_path / "app", NEWEST)
    source = root / "Model/my_mpools/pools_NUCLEO-N657X0-Q.mpool"
    edited(source, '"mem_file_prefix": "atonbuf"', '"mem_file_prefix": "atonbuf", "mode": "of the user"')
    edited(root / "Model/user_neuralart_NUCLEO-N657X0-Q.json", "--Os", "--Os --of-the-user")
    pair = identify(root).on(NUCLEO).pair
    profile = write_configuration(tmp_path, pair, NUCLEO, pools_for(pair, NUCLEO))
    written = json.loads((tmp_path / "n6studio.mpool").read_text())
    assert written["memory"]["mode"] == "of the user"
    found = {one["name"]: (one["offset"]["value"], one["size"]["value"]) for one in written["memory"]["mempools"]}
    assert found["cpuRAM2"] == ("0x3419c000", "400")
    assert found["octoFlash"] == ("0x70380000", "16384")
    assert "hyperRAM" not in found
    assert "--of-the-user" in json.loads(profile.read_text())["Profiles"]["default"]["options"]
    enlarged = pools_for(pair, NUCLEO, enlarged=True)
    assert "cpuRAM2" not in [pool.name for pool in enlarged]


# --- releases, boot loader, runtime ----------------------------------------------------------------------------------


def test_a_newer_release_is_tried_only_after_that_was_allowed(tmp_path):
    future = {"release": (5, 0), "runtime": "NetworkRuntime1300_CM55_GCC.a", "ll_aton": (1, 2, 0, 4)}
    application = identify(write_application(tmp_path / "app", NEWEST, version="2.4.0", **future))
    with pytest.raises(ReleaseNotKnown, match=r"release 2\.4\.0"):
        check_tree(application, NUCLEO)
    check_tree(application, NUCLEO, allow_newer=True)


def test_without_a_boot_loader_nothing_is_compiled(tmp_path):
    root = write_application(tmp_path / "app", NEWEST)
    assert boot_loader_of(identify(root)) == root / "FSBL/ai_fsbl.hex"
    (root / "FSBL/ai_fsbl.hex").rename(root / "Binary_ai_fsbl.hex")
    with pytest.raises(BootLoaderMissing, match="FSBL/ai_fsbl"):
        check_tree(identify(root), DISCOVERY)
    (root / "Binary").mkdir()
    (root / "Binary_ai_fsbl.hex").rename(root / "Binary/ai_fsbl.hex")
    assert boot_loader_of(identify(root)) == root / "Binary/ai_fsbl.hex"


@pytest.mark.parametrize(
    ("compiler", "own", "wanted"),
    [
        ((4, 0, 0), None, None),
        ((4, 0, 1), None, "1.1.3.275"),
        ((4, 0, 1), (1, 1, 3, 262), None),
        ((4, 0, 0), (1, 1, 3, 300), "1.1.3.300"),
        ((9, 9, 9), None, None),
    ],
)
def test_the_compilers_runtime_is_compared_before_it_runs(tmp_path, compiler, own, wanted):
    application = identify(write_application(tmp_path / "app", NEWEST))
    installed = tmp_path / "core"
    if own:
        header = installed / "Middlewares/ST/AI/Npu/ll_aton/ll_aton_version.h"
        header.parent.mkdir(parents=True)
        names = zip(("MAJOR", "MINOR", "MICRO", "DEV"), own, strict=True)
        header.write_text("".join(f"#define LL_ATON_VERSION_{name} ({value})\n" for name, value in names))
    problem = runtime_problem(application, compiler, installed)
    assert (problem.values["wanted"] if problem else None) == wanted


# --- header ----------------------------------------------------------------------------------------------------------


def configured(tmp_path, key, skeleton=COCO, keypoints=17):
    root = write_application(tmp_path / "app", key)
    application = identify(root)
    demand = Demand((256, 256), 1344, keypoints)
    write_app_config(application, root, DISCOVERY, AppConfig(demand, skeleton, "model"))
    tree = application.on(DISCOVERY)
    return root, tree, demand


@pytest.mark.parametrize("key", PAIR)
def test_what_is_written_is_read_back(tmp_path, key):
    root, tree, demand = configured(tmp_path, key)
    check_header(root, tree.layout, tree.pair, demand, 1)


@pytest.mark.parametrize("key", ["getting-started-2.1", "getting-started-2.3"])
@pytest.mark.parametrize("skeleton", [generic(4), replace(generic(4), edges=((0, 3),))])
def test_other_skeletons_are_read_back(tmp_path, key, skeleton):
    root, tree, demand = configured(tmp_path, key, skeleton, 4)
    check_header(root, tree.layout, tree.pair, demand, 1)


def test_macros_have_as_many_rows_as_they_say():
    made = binding_macros(replace(generic(4), edges=((0, 3),)))
    assert made["BINDINGS_NB"] == "(3)"
    assert made["BINDINGS"].count("0xFF") == 3
    assert all(line.endswith("\\") for line in made["BINDINGS"].splitlines()[:-1])


@pytest.mark.parametrize(
    ("key", "old", "new", "name"),
    [
        (NEWEST, "#define BINDINGS_NB (", "#define BINDINGS_NB (1", "BINDINGS_NB"),
        (NEWEST, "    { 15, 13,", "    { 15, 17,", "bindings"),
        ("getting-started-2.1", "    { 15, 13,", "    { 17, 13,", "bindings"),
        (NEWEST, "POSE_KEYPOINTS_NB (17)", "POSE_KEYPOINTS_NB (13)", "AI_POSE_PP_POSE_KEYPOINTS_NB"),
        (NEWEST, "_MPE_YOLO_V8_UI", "_MPE_YOLO_V8_UF", "POSTPROCESS_TYPE"),
        ("getting-started-2.0", "NN_HEIGHT (256)", "NN_HEIGHT (192)", "NN_HEIGHT"),
        ("getting-started-2.0", "TOTAL_BOXES (1344)", "TOTAL_BOXES (1343)", "AI_MPE_YOLOV8_PP_TOTAL_BOXES"),
        (
            "multi-pose-2.0",
            "#define USE_DCACHE",
            '#define NB_CLASSES 2\n#define T const char* classes_table[NB_CLASSES] = {\\\n "person"}\n',
            "NB_CLASSES",
        ),
    ],
)
def test_a_header_that_is_not_the_models_is_refused(tmp_path, key, old, new, name):
    root, tree, demand = configured(tmp_path, key)
    edited(root / tree.layout.config, old, new)
    with pytest.raises(TablesDisagree) as caught:
        check_header(root, tree.layout, tree.pair, demand, 1)
    assert caught.value.values["name"] == name


def test_a_table_of_classes_that_is_too_short_is_refused(tmp_path):
    root, tree, demand = configured(tmp_path, "multi-pose-2.0")
    table = '#define NB_CLASSES 1\n#define T const char* classes_table[NB_CLASSES] = {"person"}\n'
    edited(root / tree.layout.config, "#define USE_DCACHE", table)
    edited(root / tree.layout.post_config, "NB_CLASSES (1)", "NB_CLASSES (2)")
    with pytest.raises(TablesDisagree, match="classes_table"):
        check_header(root, tree.layout, tree.pair, demand, 2)


# --- modified copies -------------------------------------------------------------------------------------------------


def git(root, *words):
    name = ("-c", "user.email=a@b", "-c", "user.name=a", "-c", "core.autocrlf=false")
    subprocess.run(["git", *name, *words], cwd=root, check=True, capture_output=True)


@pytest.mark.skipif(not shutil.which("git"), reason="no git here")
@pytest.mark.parametrize("version", ["2", "4"])
@pytest.mark.parametrize("inside", ["", "application_code/pose_estimation"])
def test_a_clone_tells_what_was_changed_in_it(tmp_path, version, inside):
    top = tmp_path / "clone"
    root = write_application(top / inside)
    git(top, "init", "-q")
    git(top, "add", "-A")
    git(top, "commit", "-qm", "release")
    git(top, "update-index", "--index-version", version)
    application = identify(root)
    assert modifications(application).text == ""
    assert modifications(application).known
    source = root / "Application/STM32N6570-DK/Src/system.c"
    source.write_bytes(source.read_bytes().replace(b"\n", b"\r\n"))
    assert modifications(application).files == (), "line ends as git writes them on Windows"
    main = root / "Application/STM32N6570-DK/Src/main.c"
    main.write_text(main.read_text() + "/* mine */\n")
    (root / "Doc/guide.md").unlink()
    assert modifications(application).files == ("Application/STM32N6570-DK/Src/main.c", "Doc/guide.md")
    assert "modified: Application/STM32N6570-DK/Src/main.c, Doc/guide.md." in modifications(application).text


@pytest.mark.skipif(not hasattr(os, "mkfifo") or not shutil.which("git"), reason="no pipes or no git here")
def test_a_pipe_where_a_file_was_is_a_change_and_is_not_waited_for(tmp_path):
    root = write_application(tmp_path / "app")
    git(root, "init", "-q")
    git(root, "add", "-A")
    application = identify(root)
    (root / "Doc/guide.md").unlink()
    os.mkfifo(root / "Doc/guide.md")
    assert modifications(application).files == ("Doc/guide.md",)


def test_that_nothing_is_known_of_changes_is_said(tmp_path):
    copy = identify(write_application(tmp_path / "app"))
    (check,) = _tree(copy, DeploySettings(board="stm32n6570-dk", allow_newer=True), DISCOVERY)
    assert "whether it is modified is not known" in check.found


def test_a_copy_of_a_published_release_tells_what_differs(tmp_path):
    """The stand-in's files are not ST's, so all that have digests differ."""
    application = identify(write_application(tmp_path / "app", version="2.0.0"))
    found = modifications(application)
    assert "Application/STM32N6570-DK/Makefile" in found.files
    assert "and" in found.text


@pytest.mark.parametrize("index", [b"", b"DIRC", b"DIRC\0\0\0\x09\0\0\0\x01", b"DIRC\0\0\0\x02\0\0\0\xff" + bytes(70)])
def test_an_index_that_is_not_understood_says_nothing(tmp_path, index):
    root = write_application(tmp_path / "app")
    (root / ".git").mkdir()
    (root / ".git/index").write_bytes(index)
    found = modifications(identify(root))
    assert (found.files, found.known) == ((), False)
