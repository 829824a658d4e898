"""What the import page says about a checkpoint: plain functions over the figures of an inspection."""

from typing import Any

from n6studio.domain.skeleton import COCO

HOW_IT_GOES = (
    "Import: what the checkpoint is, and whether it can go to an STM32N6.",
    "Export: a float network at the size you choose, compared with the checkpoint.",
    "Calibration: pictures like those the board's camera will see.",
    "Quantize: the int8 network that the NPU runs, with proof that it still finds people.",
    "Evaluate: what int8 costs in accuracy, picture by picture and keypoint by keypoint.",
)
SHOWN_FIRST = ("fail", "warn", "ok")
# Of a checkpoint these are put right by the pages that follow, so they are no fault of it.
_PUT_RIGHT = {"quantization", "convolutions", "coordinates"}


def fact_rows(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """Return name and value of everything that is known of a model file."""
    metadata = facts.get("metadata") or {}
    trained = metadata.get("train_args") or {}
    size = facts["input_size"]
    return [
        ("Network", facts["family"] or (facts["published"] or {}).get("network", "")),
        ("Task", facts["task"] or "unknown"),
        ("Keypoints", f"{facts['keypoints']} with {facts['keypoint_dims']} values each" if facts["keypoints"] else ""),
        ("Classes", ", ".join(name for name in facts["classes"].values() if name)),
        ("Trained at", f"{size[0]} x {size[1]} pixels" if size else ""),
        ("Trained on", str(trained.get("data") or "")),
        ("Parameters", f"{facts['parameters']:,}" if facts["parameters"] else ""),
        ("Operations", f"{facts['macs'] / 1e9:.2f} G multiply-accumulates at that size" if facts["macs"] else ""),
        ("File size", f"{facts['size_bytes'] / 2**20:.1f} MiB"),
        ("Ultralytics", str(metadata.get("version") or "")),
        ("Date", str(metadata.get("date") or "")[:10]),
        ("Licence", str(metadata.get("license") or "")),
        ("SHA-256", in_groups(facts["sha256"])),
    ]


def in_groups(digest: str) -> str:
    """Return a digest in groups of eight, so that it can be compared by eye and breaks between lines."""
    return " ".join(digest[start : start + 8] for start in range(0, len(digest), 8))


def outcome(check: dict[str, Any], file_format: str) -> str:
    """Return 'ok', 'warn', 'fail' or 'later' for a check of the readiness list."""
    if check["state"] == "unknown" or (
        check["state"] == "fail" and file_format == "pt" and check["name"] in _PUT_RIGHT
    ):
        return "later"
    return str(check["state"])


def remedy_text(check: dict[str, Any]) -> str:
    """Return what to do, without the command line's words."""
    remedy = str(check["remedy"])
    return "The next pages do that." if "n6studio " in remedy else remedy


def sigma_note(count: int) -> str:
    """Return where the sigmas of a skeleton with `count` keypoints come from."""
    if count == len(COCO):
        return "17 keypoints: names, pairs and sigmas are COCO's."
    return (
        f"{count} keypoints: nobody has published sigmas for them, so each counts with 1/{count}. "
        "OKS and AP are then right for comparing your own networks, and not comparable with others' figures."
    )
