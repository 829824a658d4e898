"""What to do about the failures in `errors_tools.py`; a part of the table in `remedies.py`, in the same form."""

from n6studio.domain.errors.remedy import PerSystem, Remedy

_LOG = "The whole output is in {log}."

_TOOLS: dict[str, Remedy] = {
    "N6S-T01": Remedy(
        "{tool} cannot be started",
        "Looked for at: {path}. What came back: {reason}.",
        (
            "Run: n6studio doctor. It lists where every tool was looked for.",
            PerSystem(
                "Install it, or say where it is: n6studio tools set NAME FOLDER.",
                "Install it, or say where it is: n6studio tools set NAME FOLDER.",
                "Install it, or say where it is: n6studio tools set NAME FOLDER. A file from a zip may lack the right "
                "to run: chmod +x.",
            ),
        ),
    ),
    "N6S-T02": Remedy(
        "{tool} {found} is too old",
        "It is the one at {path}; needed is {wanted}.",
        ("Install {wanted}.", "If a newer one is installed already: n6studio tools set NAME FOLDER."),
    ),
    "N6S-T03": Remedy(
        "{tool} {found} cannot do this",
        "{reason}",
        ("Install {wanted}.", "Then run n6studio doctor to see that it is the one that is found."),
    ),
    "N6S-T04": Remedy(
        "{tool} did not finish within {seconds} s and was stopped",
        "It may be waiting for a licence server, a network drive or a program that holds a file. " + _LOG,
        ("Try once more.", "Run the command at the top of the log in a terminal and see what it waits for."),
    ),
    "N6S-T05": Remedy(
        "{tool} said nothing for {seconds} s and was stopped",
        "A fresh installation can stop to ask whether it may collect statistics, and nobody can answer here. " + _LOG,
        (
            "Start {tool} once in a terminal and answer its question; it remembers the answer.",
            "Then try again.",
        ),
    ),
    "N6S-T06": Remedy(
        "{tool} failed (exit code {exit_code})",
        "Its last words were: {last_lines}",
        (_LOG, "Search it for the first line with 'error': what follows is often only a consequence."),
    ),
    "N6S-T07": Remedy(
        "{tool} cannot work in {path}",
        "It breaks on spaces and on letters outside English, and no other folder could be written.",
        ("Set the variable TMPDIR (TEMP on Windows) to a folder with a plain name, for example C:\\n6 or /tmp.",),
    ),
}

_MODEL: dict[str, Remedy] = {
    "N6S-T10": Remedy(
        "{path} does not take camera pictures",
        "The board's camera gives unsigned bytes (uint8); this network takes {found}.",
        ("Quantize with the input type uint8: n6studio quantize ... --input-type uint8.",),
    ),
    "N6S-T11": Remedy(
        "{path} gives {found}, not float",
        "ST's applications are made from a file with float output; where the board is to post-process int8, the "
        "compiler is told so, and the file stays float.",
        ("Quantize with the output type float: n6studio quantize ... --output-type float.",),
    ),
    "N6S-T12": Remedy(
        "The application cannot read the output of {path}",
        "It is {found}; the application reads {wanted}.",
        (
            "Export the checkpoint with N6 Studio and quantize that: n6studio run MODEL.pt.",
            "A network that suppresses overlaps itself (end-to-end) must be exported without that part.",
        ),
    ),
    "N6S-T13": Remedy(
        "{path} is not quantized",
        "Its weights are floating point. The NPU computes in int8; a float network would run on the processor, if at "
        "all.",
        ("Quantize it: n6studio quantize, or n6studio run MODEL.pt for the whole chain.",),
    ),
    "N6S-T14": Remedy(
        "{path} cannot tell scores apart",
        "One step of its output is {scale}; with more than {limit}, a score is rounded to 0 or 1.",
        (
            "Export the checkpoint with N6 Studio: it normalises coordinates, so that one scale serves both.",
            "Quantize again with the head in float, which is the default.",
        ),
    ),
    "N6S-T15": Remedy(
        "The weights of {path} do not fit the flash of {board}",
        "They take {need} bytes; {have} are there for them.",
        ("Take a smaller network, for example yolov8n instead of yolov8s.",),
    ),
    "N6S-T16": Remedy(
        "The network does not fit the memory of {board}",
        "At {size} it needs {need} bytes for what it computes; with {application}, {have} are there for it.",
        (
            "Export at a smaller input size; memory grows with its square.",
            "On the Nucleo, choose the Discovery kit instead if you have one: it has external memory.",
        ),
    ),
    "N6S-T17": Remedy(
        "{application} does not fit the memory of {board}",
        "For {size} it needs {need} bytes, and its memory region has {have}. {help}",
        (
            "Export at a smaller input size, or choose an application that post-processes floats.",
            "Or give the application more memory where the network leaves it some: --enlarge-region.",
        ),
    ),
    "N6S-T18": Remedy(
        "{path} wants a larger picture than the camera gives",
        "It takes {size}, the sensor {sensor} gives {sensor_size}. The board can only make pictures smaller.",
        ("Export at a smaller input size.", "Or use the IMX335 camera module, which gives 2592x1944."),
    ),
    "N6S-T19": Remedy(
        "{application} cannot draw {keypoints} keypoints",
        "{path} has {keypoints}; this release draws {supported}.",
        ("Use release 2.1 or later of the application: there the skeleton is part of its settings.",),
    ),
    "N6S-T20": Remedy(
        "{application} reads one class only",
        "{path} has {classes} classes. This release takes the second class's score for the first keypoint.",
        ("Use release 2.1 or later of the application, or train with a single class.",),
    ),
}

_PAIRS: dict[str, Remedy] = {
    "N6S-T21": Remedy(
        "{application} does not go with ST Edge AI Core {compiler}",
        "Code from one release and a runtime of another may build and then misbehave. It goes with {wanted}.",
        (
            "Install ST Edge AI Core {wanted}; several releases can be installed side by side.",
            "Or choose the release of the application that goes with the one you have.",
        ),
    ),
    "N6S-T22": Remedy(
        "{application} does not run this network on {board}",
        "{reason}",
        ("Choose another board or another release of the application.",),
    ),
    "N6S-T23": Remedy(
        "The network and {application} are of different releases",
        "The network code expects version {wanted} of the NPU runtime; the application carries {found}.",
        (
            "Use the release of ST Edge AI Core that goes with the application.",
            "Between patches of one release ({runtime}), let N6 Studio put your ST Edge AI Core's runtime into its "
            "copy of the application: --replace-runtime. Your own copy stays as it is. Between releases that does not "
            "build: the application's sources call what the other runtime lacks.",
        ),
    ),
}

_COMPILER: dict[str, Remedy] = {
    "N6S-T30": Remedy(
        "The network does not fit the memory of {board}",
        "ST Edge AI Core could not place {unallocated} bytes in the {have} bytes that it was given. " + _LOG,
        (
            "Export at a smaller input size; memory grows with its square.",
            "Make sure that the network is fully quantized: a float network needs four times the memory.",
            "On the Discovery kit, allow the external memory; it is slower.",
        ),
    ),
    "N6S-T31": Remedy(
        "ST Edge AI Core cannot read {path}",
        "It says: {reason}. " + _LOG,
        (
            "Make the file again with N6 Studio: n6studio run MODEL.pt.",
            "If it came from Keras 3.3 or a newer exporter, a newer release of ST Edge AI Core may read it.",
        ),
    ),
    "N6S-T32": Remedy(
        "ST Edge AI Core has no layer {layer}",
        "{path} contains it, and this release cannot compile it. " + _LOG,
        (
            "Export the checkpoint with N6 Studio, which avoids what the board cannot do.",
            "If you changed the network's architecture, replace that layer.",
        ),
    ),
    "N6S-T33": Remedy(
        "ST Edge AI Core failed inside",
        "It says: {reason}. Such errors often come from a graph with unusual outputs. " + _LOG,
        (
            "Make the file again with N6 Studio: n6studio run MODEL.pt.",
            "Try another release of ST Edge AI Core, and report the log to ST.",
        ),
    ),
    "N6S-T34": Remedy(
        "ST Edge AI Core {version} does not know {option}",
        "The command line was made for another release. " + _LOG,
        (
            "Run n6studio doctor and compare its version with the application's release.",
            "Install the release of ST Edge AI Core that goes with your application.",
        ),
    ),
    "N6S-T35": Remedy(
        "ST Edge AI Core left out what it should have written",
        "It ended without an error, and these are missing or older than the run: {missing}. " + _LOG,
        (
            "Look at the last lines of the log: it may have said what went wrong and ended as if nothing had.",
            "Check that {folder} can be written and that no virus scanner holds files in it.",
        ),
    ),
    "N6S-T36": Remedy(
        "{path} cannot be read",
        "The report of ST Edge AI Core is cut off or has a form that N6 Studio does not know: {reason}.",
        (
            "Compile again; a full disk or a stopped program leaves half a report.",
            "If it happens again, report it with the file: the release may be newer than N6 Studio.",
        ),
    ),
    "N6S-T37": Remedy(
        "Two files of one compilation contradict each other",
        "{what}: {first} says {first_value}, {second} says {second_value}. Deployed together, the board would compute "
        "with wrong weights and give no error.",
        ("Compile again, and do not put files of another run into its folder.",),
    ),
    "N6S-T38": Remedy(
        "The NPU compiler failed",
        "ST Edge AI Core says: {reason}. " + _LOG,
        (
            "Make the file again with N6 Studio: n6studio run MODEL.pt.",
            "Try another release of ST Edge AI Core, and report the log to ST.",
        ),
    ),
}

_APPLICATION: dict[str, Remedy] = {
    "N6S-T40": Remedy(
        "{path} is no application that N6 Studio knows",
        "It looks like {found}. Known are STM32N6-GettingStarted-PoseEstimation (v1.0.0 to v2.3) and "
        "x-cube-n6-ai-multi-pose-estimation (v1, v2).",
        (
            "Download one of them from ST's pages on GitHub, as a release zip or a clone with all its submodules.",
            "Choose the folder that contains README.md and LICENSE.md.",
        ),
    ),
    "N6S-T41": Remedy(
        "{path} is not a pose application",
        "It is {found}.",
        ("Take STM32N6-GettingStarted-PoseEstimation or x-cube-n6-ai-multi-pose-estimation instead.",),
    ),
    "N6S-T42": Remedy(
        "The copy of {application} is incomplete",
        "In {path} are missing: {missing}.",
        (
            "A clone without its submodules lacks them: git submodule update --init --recursive.",
            "A zip unpacked to a long path may lack some, too: unpack it to a short one, such as C:\\st.",
        ),
    ),
    "N6S-T43": Remedy(
        "{path} cannot be adapted to the network",
        "It lacks {missing}, which every release has; it may have been edited by hand.",
        ("Use a fresh copy of the application.",),
    ),
    "N6S-T50": Remedy(
        "{file} does not compile",
        "Line {line}: {message}. " + _LOG,
        (
            "If you changed the application, undo the change and try again.",
            "Otherwise use the compiler from ST's STM32CubeIDE, which ST builds its applications with.",
        ),
    ),
    "N6S-T51": Remedy(
        "The application does not fit into {region}",
        "The linker says that {overflow} bytes of {size} bytes are too many. " + _LOG,
        (
            "Export at a smaller input size: the arrays of the post-processing grow with it.",
            "Or give the application more memory where the network leaves it some: --enlarge-region.",
        ),
    ),
    "N6S-T52": Remedy(
        "The application cannot be linked",
        "The linker says: {message}. " + _LOG,
        ("Check that the network was compiled for this release of the application.", "Use a fresh copy of it."),
    ),
    "N6S-T53": Remedy(
        "make failed (exit code {exit_code})",
        "The first line that tells of an error: {first_error}. " + _LOG,
        ("Read the log from that line on.", "Use a fresh copy of the application."),
    ),
    "N6S-T54": Remedy(
        "make made no image",
        "It ended without an error, and {missing} is not there. " + _LOG,
        ("Use a fresh copy of the application.", "Check that the disk is not full."),
    ),
    "N6S-T55": Remedy(
        "make does not find {command}",
        "ST's Makefile calls commands of a POSIX shell. " + _LOG,
        (
            PerSystem(
                "Install Git for Windows or MSYS2 and put its usr\\bin folder into PATH.",
                "Install Apple's command line tools: xcode-select --install.",
                "Install coreutils and make: sudo apt-get install coreutils make.",
            ),
        ),
    ),
    "N6S-T56": Remedy(
        "{application} does not know the post-processing {post_processing}",
        "Every release takes one form of output: floats until v2.0, int8 from v2.1 on. " + _LOG,
        ("Let N6 Studio choose it: it follows from the application's release.",),
    ),
    "N6S-T57": Remedy(
        "The application would overwrite the boot loader",
        "It reaches to {end}, and from {limit} on lies the boot loader while it copies the application. " + _LOG,
        ("Export at a smaller input size.", "Leave the memory region as the application has it."),
    ),
}

TOOL_REMEDIES: dict[str, Remedy] = {**_TOOLS, **_MODEL, **_PAIRS, **_COMPILER, **_APPLICATION}
