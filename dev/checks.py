"""The project's own rules, which no linter knows.

Outside of tests: a Python or JavaScript file has at most 300 lines, a function at most 40. In addons: no commit
of the cursor (a scheduled action reports its progress instead, which commits), no `_sql_constraints` (Odoo 19
has models.Constraint), and nowhere a skipped test.
"""

import ast

from . import addons, paths

FILE_LINES = 300
FUNCTION_LINES = 40
COUNTED = (".py", ".js")
SKIPS = {"skipTest", "skipIf", "skipUnless", "SkipTest", "xfail", "importorskip"}
SKIPPERS = {"unittest", "pytest", "mark"}


def check_all():
    """All problems in the addons and the tooling, as lines of text."""
    folders = [addon.path for addon in addons.find()] + [paths.DEV]
    files = [file for folder in folders for file in sorted(folder.rglob("*")) if file.suffix in COUNTED]
    return [problem for file in files if "__pycache__" not in file.parts for problem in check_file(file)]


def check_file(file):
    """The problems of one file."""
    name = file.relative_to(paths.ROOT)
    text = file.read_text()
    tested = "tests" in file.parts
    may_commit = tested or paths.DEV in file.parents
    problems = [] if tested else list(check_length(text))
    if file.suffix == ".py":
        problems += check_python(ast.parse(text), tested, may_commit)
    return [f"{name}:{line}: {message}" for line, message in sorted(problems)]


def check_length(text):
    """A file that is too long."""
    lines = len(text.splitlines())
    if lines > FILE_LINES:
        yield lines, f"the file has {lines} lines, {FILE_LINES} are allowed"


def check_python(tree, tested=False, may_commit=False):
    """The problems of a Python file's syntax tree: (line, message)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not tested:
            yield from check_function(node)
        elif isinstance(node, ast.Call) and not may_commit:
            yield from check_call(node)
        elif isinstance(node, ast.Assign) and any(name_of(target) == "_sql_constraints" for target in node.targets):
            yield node.lineno, "_sql_constraints is gone in Odoo 19: use models.Constraint"
        elif tested and skips(node):
            yield node.lineno, f"{name_of(node)}: tests are not skipped here"


def check_function(node):
    """A function that is too long, its decorators not counted."""
    lines = node.end_lineno - node.lineno + 1
    if lines > FUNCTION_LINES:
        yield node.lineno, f"{node.name} has {lines} lines, {FUNCTION_LINES} are allowed"


def check_call(node):
    """cr.commit() in an addon."""
    commits = isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    if commits and name_of(node.func.value) in ("cr", "_cr", "cursor"):
        yield node.lineno, "cr.commit(): report progress with _commit_progress instead"


def skips(node):
    """Whether a name makes a test be skipped; a plain `skip` may be any variable."""
    if name_of(node) == "skip":
        return isinstance(node, ast.Attribute) and name_of(node.value) in SKIPPERS
    return name_of(node) in SKIPS


def name_of(node):
    """The last part of a dotted name."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", None)
