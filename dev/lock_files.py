"""./clinic lock: write the lock files from the .in files beside them.

One lock file for Python 3.11, 3.12 and 3.13 on every platform, with hashes and without the index's address.
"""

from . import paths, python_env, shell
from .console import Failure, say

NAMES = ("", "lint", "pg", "uv")


def lock(options):
    """Write all lock files; versions that still fit are kept unless upgrades are asked for."""
    paths.prepare_home()
    uv = python_env.find_uv()
    if not uv:
        raise Failure("uv writes the lock files, and it could not be installed")
    compile_ = [uv, "pip", "compile", "-q", "--universal", "--python-version=3.11", "--generate-hashes", "--no-header"]
    more = ["--override=requirements-overrides.txt", *(["--upgrade"] if options.upgrade else [])]
    for name in NAMES:
        target = python_env.lock_file(name).name
        source = target.replace(".txt", ".in")
        shell.run([*compile_, *more, source, "-o", target], cwd=paths.DEV, env=python_env.environment())
        say(f"dev/{target}")
