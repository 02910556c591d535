"""A real Neo4j Community server for tests, without Docker: its jars come by Maven, Java 17 or newer runs them.

The jars are kept in ``~/.cache/zhitu``, outside the checkout, one folder a version (pom.xml names it);
a server's data are in a folder of its own. Authentication is on, as in production.
"""

from __future__ import annotations

import ctypes
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree as ET

from filelock import FileLock

_POM = Path(__file__).with_name("pom.xml")
_JAVA = 17
_START_SECONDS = 90
_CONFIGURATION = """\
server.default_listen_address=127.0.0.1
server.default_advertised_address=127.0.0.1
server.bolt.listen_address=127.0.0.1:{port}
server.bolt.advertised_address=127.0.0.1:{port}
server.http.enabled=false
server.memory.pagecache.size=64m
dbms.usage_report.enabled=false
db.tx_log.preallocate=false
db.transaction.monitor.check.interval=500ms
"""
_HANDSHAKE = bytes.fromhex("6060b017 00000405 00000005 00000004 00000000")  # Bolt 5.4, 5, 4
_OPEN = tuple(
    f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in ("java.nio", "java.io", "sun.nio.ch", "java.lang")
)


def version() -> str:
    """Return the server's version, as the pom pins it."""
    found = ET.parse(_POM).findtext(".//{*}neo4j.version")  # noqa: S314 -- a file of our own
    assert found
    return found


def missing() -> str:
    """Return why no server can be started here and how to change that, or nothing."""
    if not shutil.which("java") or _java_version() < _JAVA:
        return f"a Neo4j server needs Java {_JAVA} or newer (Debian: apt install openjdk-17-jre-headless), or NEO4J_URI"
    if not (_folder().is_dir() or shutil.which("mvn")):
        return "the Neo4j server's jars come by Maven (Debian: apt install maven), or set NEO4J_URI"
    return ""


def _java_version() -> int:
    told = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', told)
    return int(found[1]) if found else 0


def _folder() -> Path:
    return Path.home() / ".cache" / "zhitu" / f"neo4j-{version()}"


def jars() -> Path:
    """Return the folder of the server's jars; fetch them the first time."""
    folder = _folder()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_suffix(".lock")):
        if not folder.is_dir():
            fresh = folder.with_suffix(".new")
            shutil.rmtree(fresh, ignore_errors=True)
            command = ["mvn", "-q", "-B", "-f", _POM, "dependency:copy-dependencies", f"-DoutputDirectory={fresh}"]
            subprocess.run(command, check=True, timeout=900)
            fresh.rename(folder)
    return folder


class Server:
    """A server with an empty database on a free loopback port.

    Parameters
    ----------
    home
        Where its configuration, data and logs go.
    options
        Further lines of its configuration.
    """

    def __init__(self, home: Path, *options: str) -> None:
        self.home = home
        self.port = _free_port()
        self.uri = f"bolt://127.0.0.1:{self.port}"
        self.user = "neo4j"
        self.password = secrets.token_hex(12)  # never begins with a dash, which would be an option
        self._process: subprocess.Popen[bytes] | None = None
        self.configure(*options)
        subprocess.run(
            self._command("org.neo4j.cli.AdminTool", "dbms", "set-initial-password", self.password),
            env=self._environment(),
            check=True,
            capture_output=True,
        )

    def configure(self, *options: str) -> None:
        """Write the configuration that the next start reads."""
        folder = self.home / "conf"
        folder.mkdir(parents=True, exist_ok=True)
        lines = _CONFIGURATION.format(port=self.port) + "".join(f"{option}\n" for option in options)
        (folder / "neo4j.conf").write_text(lines, encoding="utf-8")

    def start(self) -> None:
        """Start, and return when it answers."""
        log = (self.home / "console.log").open("ab")
        with log:
            self._process = subprocess.Popen(
                self._command(
                    "org.neo4j.server.CommunityEntryPoint",
                    f"--home-dir={self.home}",
                    f"--config-dir={self.home / 'conf'}",
                ),
                env=self._environment(),
                stdout=log,
                stderr=log,
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 -- one system call
            )
        self._wait()

    def stop(self) -> None:
        """Shut down in order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End as a power cut would."""
        self._end(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process and self._process.poll() is None:
            self._process.send_signal(how)
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _wait(self) -> None:
        assert self._process
        deadline = time.monotonic() + _START_SECONDS
        log = self.home / "logs" / "neo4j.log"
        while time.monotonic() < deadline and self._process.poll() is None:
            if _answers(self.port):
                return
            time.sleep(0.2)
        told = log.read_text(encoding="utf-8", errors="replace")[-2000:] if log.is_file() else "no log"
        self.kill()
        raise RuntimeError(f"Neo4j did not start in {_START_SECONDS} s: {told}")

    def _command(self, main: str, *arguments: str) -> list[str]:
        return ["java", "-Xmx768m", "-Xss2m", *_OPEN, "-cp", f"{jars()}{os.sep}*", main, *arguments]

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "NEO4J_HOME": str(self.home), "NEO4J_CONF": str(self.home / "conf")}


def _answers(port: int) -> bool:
    """Shake hands as a driver would: the port opens before the server takes clients."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as client:
            client.settimeout(2)
            client.sendall(bytes.fromhex("6060b01700000405000000050000000400000000"))
            return client.recv(4) not in (b"", bytes(4))
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end_with_parent() -> None:
    """Have the kernel end the server when the tests are killed; 1 is PR_SET_PDEATHSIG."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
