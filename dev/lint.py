"""./clinic lint: every linter over the addons and the tooling; with --fix the formatters write."""

import os
import shutil
import subprocess

from . import addons, checks, paths, python_env, shell, system
from .console import Failure, say

NODE = paths.HOME / "node"
PYLINT = (
    "--disable=all",
    "--enable=odoolint,duplicate-key,unreachable,pointless-statement,redefined-builtin",
    # a model is split over files so that none grows too long
    "--disable=consider-merging-classes-inherited",
    # asks for OCA as the author
    "--disable=manifest-required-author",
    # README.md instead of README.rst
    "--disable=missing-readme",
    # also asks for one after a compute method's super()
    "--disable=missing-return",
)
STYLED = (".xml", ".js", ".scss")


def lint(options):
    """Run the chosen linters (all unless told); the number that failed is the exit code."""
    paths.prepare_home()
    unknown = set(options.tools) - set(TOOLS)
    if unknown:
        raise Failure(f"no such linter: {', '.join(sorted(unknown))}; there are {', '.join(TOOLS)}")
    failed = [name for name in options.tools or TOOLS if not run_tool(name, options.fix)]
    say(f"lint: {', '.join(failed)} failed" if failed else "lint: all is well")
    return len(failed)


def run_tool(name, fix):
    """Whether one linter finds nothing."""
    say(name)
    return TOOLS[name](fix)


def passes(*command, **options):
    """Whether a program ends well; what it prints is shown."""
    return subprocess.run([str(word) for word in command], cwd=paths.ROOT, **options).returncode == 0


def tool(name):
    """A linter of the lint environment, which is made when first needed."""
    python_env.make(paths.LINT_VENV, "lint")
    return paths.LINT_VENV / "bin" / name


def ruff(fix):
    """Ruff's rules and format, over all Python files."""
    rules = passes(tool("ruff"), "check", "-q", *(["--fix"] if fix else []), ".")
    return passes(tool("ruff"), "format", "-q" if fix else "--check", ".") and rules


def folders():
    """The addons' folder names."""
    return [addon.name for addon in addons.find()]


def pylint(fix):
    """pylint with OCA's plugin."""
    return not folders() or passes(tool("pylint"), "--rcfile=pyproject.toml", *PYLINT, *folders())


def oca(fix):
    """OCA's checks of XML, CSV and po files."""
    found = folders()
    if not found:
        return True
    # the checks call other programs of their environment
    environment = {**os.environ, "PATH": f"{paths.LINT_VENV / 'bin'}:{os.environ['PATH']}"}
    options = ["--config=dev/oca_hooks.cfg", *(["--fix"] if fix else [])]
    modules = passes(tool("oca-checks-odoo-module"), *options, *found, env=environment)
    translations = [file for name in found for file in (paths.ROOT / name).glob("i18n/*.po*")]
    return (not translations or passes(tool("oca-checks-po"), *translations, env=environment)) and modules


def prettier(fix):
    """The format of XML, JavaScript and SCSS."""
    files = [file for addon in addons.find() for file in addon.path.rglob("*") if file.suffix in STYLED]
    if not files:
        return True
    modules = install_prettier()
    plugin = modules / "@prettier/plugin-xml/src/plugin.js"
    names = sorted(str(file.relative_to(paths.ROOT)) for file in files if "lib" not in file.parts)
    program = [shutil.which("node"), modules / "prettier/bin/prettier.cjs", f"--plugin={plugin}"]
    return passes(*program, "--log-level=warn", "--write" if fix else "--check", *names)


def install_prettier():
    """npm's packages as dev/package-lock.json names them; the folder they are in."""
    files = [paths.DEV / name for name in ("package.json", "package-lock.json")]
    key = system.fingerprint(*(file.read_bytes() for file in files))
    system.need_program(["node"], "nodejs", "Node.js (for prettier)")
    if not python_env.complete(NODE, key):
        npm = system.need_program(["npm"], "npm", "npm (for prettier)")
        say("prettier from npm")
        shutil.rmtree(NODE, ignore_errors=True)
        NODE.mkdir()
        for file in files:
            shutil.copy(file, NODE)
        shell.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=NODE, log="npm.log")
        (NODE / "complete").write_text(key)
    return NODE / "node_modules"


def own(fix):
    """The project's own rules."""
    problems = checks.check_all()
    for problem in problems:
        print(problem)
    return not problems


TOOLS = {"ruff": ruff, "pylint": pylint, "oca": oca, "prettier": prettier, "own": own}
