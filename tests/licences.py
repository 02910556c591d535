"""Check that every runtime dependency has a permissive licence: `python tests/licences.py` (part of `make check`)."""

import re
import sys
from importlib import metadata

from packaging.requirements import Requirement

PERMISSIVE = re.compile(
    r"apache|mit\b|bsd|isc\b|mpl|mozilla|psf|python software foundation|unlicense|public domain|zlib|hpnd|cmu|0bsd",
    re.IGNORECASE,
)
COPYLEFT = re.compile(r"\bA?GPL|\bLGPL|gnu (affero|general|lesser)", re.IGNORECASE)


def runtime_packages(root: str = "zhitu") -> set[str]:
    """Return the installed distributions that `root` needs, itself left out."""
    found: set[str] = set()
    todo = [root]
    while todo:
        for line in metadata.requires(todo.pop()) or []:
            requirement = Requirement(line)
            name = requirement.name.lower().replace("_", "-")
            if name in found or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
                continue
            found.add(name)
            todo.append(name)
    return found


def licence(name: str) -> str:
    """Return what the distribution's metadata say of its licence."""
    fields = metadata.metadata(name)
    classifiers = [c for c in fields.get_all("Classifier") or [] if c.startswith("License")]
    stated = [fields.get("License-Expression") or "", (fields.get("License") or "")[:200], *classifiers]
    return " ".join(stated).strip()


def main() -> int:
    """Print each package that is not permissive; 1 where there is one."""
    wrong = []
    names = sorted(runtime_packages())
    for name in names:
        stated = licence(name)
        if not PERMISSIVE.search(stated) or (COPYLEFT.search(stated) and " OR " not in stated):
            wrong.append(f"{name}: {stated or 'no licence stated'}")
    print(f"licences: {len(names)} runtime packages, {len(wrong)} not permissive", *wrong, sep="\n  ")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
