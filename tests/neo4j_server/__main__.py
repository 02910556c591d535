"""``make neo4j``: start a server for trying things out, and say how to reach it; Ctrl-C ends it."""

import signal
import tempfile
from pathlib import Path

from tests.neo4j_server.server import Server, missing


def main() -> None:
    """Run until interrupted; the data go with the server."""
    if reason := missing():
        raise SystemExit(f"Cannot start: {reason}.")
    with tempfile.TemporaryDirectory(prefix="zhitu-neo4j-") as home:
        server = Server(Path(home))
        server.start()
        print(f"export ZHITU_STORE={server.uri} NEO4J_USER={server.user} NEO4J_PASSWORD={server.password}")
        try:
            signal.pause()
        except KeyboardInterrupt:
            server.stop()


if __name__ == "__main__":
    main()
