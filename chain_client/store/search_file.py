"""Say whether any of some byte strings is in a file: `search_file.py FILE`, the strings as lines of hex on stdin.

A program of its own, as a process that uses a SQLite database must not open the file beside SQLite: closing it would
drop all of the process's locks on it. Exit code 0: none is in the file; 1: one is.
"""

import sys

PIECE = 8 << 20


def main() -> int:
    """Search; see above."""
    wanted = [bytes.fromhex(line) for line in sys.stdin.read().split()]
    overlap = max(map(len, wanted), default=1) - 1
    with open(sys.argv[1], "rb") as file:
        tail = b""
        while piece := file.read(PIECE):
            both = tail + piece
            if any(one in both for one in wanted):
                return 1
            tail = both[len(both) - overlap :] if overlap else b""
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
