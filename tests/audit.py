"""Look for known weaknesses in the locked packages: `python tests/audit.py` (`make audit`).

Asks the OSV database by pip-audit, which uv fetches for this alone. Where neither can be reached nothing is audited:
that is said, and the locked versions are listed, to be looked up elsewhere.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"
_PINNED = re.compile(r"^([\w.-]+)==([^\s;\\]+)", re.MULTILINE)


def locked() -> list[tuple[str, str]]:
    """Return name and version of each locked package."""
    return _PINNED.findall(LOCK.read_text("utf-8"))


def audited(seconds: float = 300.0) -> list[dict] | None:
    """Return what pip-audit says of each package, None where it cannot say anything."""
    command = ["uv", "tool", "run", "pip-audit", "--requirement", LOCK, "--disable-pip", "--format", "json"]
    command += ["--vulnerability-service", "osv", "--progress-spinner", "off"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds, cwd=ROOT)
        return json.loads(done.stdout)["dependencies"]
    except (OSError, subprocess.TimeoutExpired, ValueError, KeyError):
        return None


def main() -> int:
    """Print what is known; 1 where a package has a known weakness."""
    found = audited()
    if found is None:
        print("audit: no database of weaknesses can be reached; nothing was audited. Locked are:")
        print("\n".join(f"  {name} {version}" for name, version in locked()))
        return 0
    weak = [(one["name"], one.get("version", ""), weakness) for one in found for weakness in one.get("vulns", ())]
    print(f"audit: {len(found)} packages, {len(weak)} known weaknesses")
    for name, version, weakness in weak:
        print(f"  {name} {version}: {weakness['id']}, mended in {', '.join(weakness['fix_versions']) or 'no version'}")
    return bool(weak)


if __name__ == "__main__":
    sys.exit(main())
