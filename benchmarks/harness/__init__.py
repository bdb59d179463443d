"""What the benchmarks share: databases, worker processes, meters, reports."""
