"""Worker processes: started, held until all are ready, let go together."""

import json
import subprocess
import sys

from dev import paths
from dev.console import Failure


class Worker:
    """One process of `worker.py`."""

    def __init__(self, task):
        command = [sys.executable, "-m", "benchmarks.harness.worker", json.dumps(task)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, cwd=paths.ROOT, stdin=pipe, stdout=pipe, text=True)

    def answer(self):
        """The next thing it tells; other lines are passed on."""
        for line in self.process.stdout:
            if line.startswith("@"):
                return json.loads(line[1:])
            sys.stderr.write(line)
        raise Failure(f"a benchmark process ended with {self.process.wait()}")

    def go(self):
        """Let it begin."""
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def end(self):
        """Wait for its end."""
        self.process.stdin.close()
        if self.process.wait():
            raise Failure(f"a benchmark process ended with {self.process.returncode}")


def run_together(tasks):
    """Run the tasks in a process each, all beginning at once; their figures."""
    workers = [Worker(task) for task in tasks]
    try:
        for worker in workers:
            worker.answer()
        for worker in workers:
            worker.go()
        figures = [worker.answer() for worker in workers]
        for worker in workers:
            worker.end()
    finally:
        for worker in workers:
            worker.process.kill()
    return figures


def run_alone(task):
    """Run a task that does not wait for others."""
    worker = Worker(task)
    answer = worker.answer()
    worker.end()
    return answer
