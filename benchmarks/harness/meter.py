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


class Meter:
    """Measure a with-block. SQL is counted by Odoo's own counter over all cursors of the process."""

    def __enter__(self):
        gc.collect()
        reset_peak()
        self.peak, self.queries = peak_kib(), self.count_queries()
        self.cpu, self.wall = time.process_time(), time.monotonic()
        return self

    def __exit__(self, *exc):
        self.wall = time.monotonic() - self.wall
        self.cpu = time.process_time() - self.cpu
        self.queries = self.count_queries() - self.queries
        self.peak = peak_kib() - self.peak

    @staticmethod
    def count_queries():
        """The statements sent so far."""
        from odoo import sql_db

        return sql_db.sql_counter

    def figures(self):
        """Plain numbers for the report."""
        return {"queries": self.queries, "cpu": self.cpu, "wall": self.wall, "peak_mib": self.peak / 1024}
