"""What one piece of work costs the Odoo process: SQL, CPU, wall, peak memory."""

import gc
import resource
import time
from pathlib import Path


def peak_kib():
    """The highest resident size so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def reset_peak():
    """Start the high-water mark anew (Linux), so that loading the registry does not hide a run's growth."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass


def queued(pids):
    """Seconds that processes were ready to run and waited for a core (Linux; 0 where that can't be read)."""
    total = 0
    for pid in pids:
        try:
            total += int(Path(f"/proc/{pid}/schedstat").read_text().split()[1])
        except OSError:
            pass
    return total / 1e9


class Meter:
    """Measure a with-block. SQL is counted by Odoo's own counter over all cursors of the process."""

    def __init__(self, cursor):
        cursor.execute("SELECT pg_backend_pid()")
        self.pids = ["self", cursor.fetchone()[0]]

    def __enter__(self):
        gc.collect()
        reset_peak()
        self.peak, self.queries = peak_kib(), self.count_queries()
        self.queued = queued(self.pids)
        self.cpu, self.wall = time.process_time(), time.monotonic()
        return self

    def __exit__(self, *exc):
        self.wall = time.monotonic() - self.wall
        self.cpu = time.process_time() - self.cpu
        self.queued = queued(self.pids) - self.queued
        self.queries = self.count_queries() - self.queries
        self.peak = peak_kib() - self.peak

    @staticmethod
    def count_queries():
        """The statements sent so far."""
        from odoo import sql_db

        return sql_db.sql_counter

    def figures(self):
        """Plain numbers for the report."""
        figures = {name: getattr(self, name) for name in ("queries", "cpu", "wall", "queued")}
        return {**figures, "peak_mib": self.peak / 1024}
