"""apt without root: own lists and an own download folder, signatures checked as ever."""

import os
import re
import shutil
import subprocess

from . import paths, shell
from .console import Failure, say

STATE = """
Dir::State "{home}/state"; Dir::State::lists "{home}/lists"; Dir::State::status "/dev/null";
Dir::Cache "{home}/cache"; Dir::Cache::pkgcache ""; Dir::Cache::srcpkgcache "";
Acquire::Languages "none"; Acquire::PDiffs "false"; Acquire::Retries "3";
Acquire::AllowInsecureRepositories "false"; APT::Get::AllowUnauthenticated "false";
APT::Sandbox::User "";
"""
OWN_SOURCES = """
Dir::Etc::sourcelist "{home}/sources.list"; Dir::Etc::sourceparts "{home}/parts";
Dir::Etc::preferences "/dev/null"; Dir::Etc::preferencesparts "{home}/parts";
Dir::Etc::trusted "/dev/null"; Dir::Etc::trustedparts "{home}/parts";
"""
PARTIAL_FOLDERS = ("lists/partial", "parts", "state", "cache/archives/partial", "debs")


def available():
    """Whether this machine has what unpacking Debian packages takes."""
    return all(map(shutil.which, ("apt-get", "dpkg-deb", "tar")))


def mirror_of(targets):
    """The Debian mirror in the output of `apt-get indextargets`, lines of "address origin"; None without one."""
    for line in targets.splitlines():
        address, _, origin = line.strip().partition(" ")
        address = address.rstrip("/")
        if "security" not in address and (origin == "Debian" or address.endswith("/debian")):
            return address
    return None


def debian_mirror():
    """The mirror that this machine's own apt uses, so that no address is written down here."""
    given = os.environ.get("CLINIC_DEBIAN_MIRROR")
    targets = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(ORIGIN)", "Created-By: Packages"]
    return given or mirror_of(shell.answer(targets) or "")


class PrivateApt:
    """An apt configuration of our own under .clinic/, removed again by `close`."""

    def __init__(self, name, sources=None):
        """With `sources`, lines of a sources.list, instead of the machine's own."""
        self.home = paths.HOME / f"apt-{name}"
        shutil.rmtree(self.home, ignore_errors=True)
        for folder in PARTIAL_FOLDERS:
            (self.home / folder).mkdir(parents=True, exist_ok=True)
        self.config = self.home / "apt.conf"
        self.config.write_text((STATE + (OWN_SOURCES if sources else "")).format(home=self.home))
        (self.home / "sources.list").write_text("".join(f"{line}\n" for line in sources or []))
        self.environment = {**os.environ, "APT_CONFIG": str(self.config), "LC_ALL": "C"}

    def update(self):
        """Read the package lists; ones past their date are taken too, but never unsigned ones."""
        done = self._update()
        if done.returncode and "is expired" in done.stdout:
            say("  the mirror's lists are past their date; taking them all the same (still signed)")
            with self.config.open("a") as config:
                config.write('Acquire::Check-Valid-Until "false";\n')
            done = self._update()
        if done.returncode:
            raise Failure("apt-get update failed:\n" + done.stdout[-2000:])

    def _update(self):
        return subprocess.run(
            ["apt-get", "-q", "update"],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def field(self, package, name):
        """One field of the newest version of a package, or None."""
        shown = shell.answer(["apt-cache", "show", "--no-all-versions", package], env=self.environment) or ""
        match = re.search(rf"^{name}: (.*)$", shown, re.MULTILINE)
        return match and match[1]

    def download(self, *packages):
        """Download packages ("name", "name=version", "name/suite"); returns their files."""
        debs = self.home / "debs"
        shell.run(["apt-get", "-q", "download", *packages], log="apt-download.log", env=self.environment, cwd=debs)
        return sorted(debs.glob("*.deb"))

    def close(self):
        """Remove the lists and downloads."""
        shutil.rmtree(self.home, ignore_errors=True)


def unpack(deb, folder, exclude=()):
    """Unpack a package's files, without its scripts."""
    tar = ["tar", "-x", "--no-same-owner", "-C", str(folder), "--wildcards", *(f"--exclude={name}" for name in exclude)]
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(deb)], stdout=subprocess.PIPE) as reader:
        writer = subprocess.run(tar, stdin=reader.stdout)
    if reader.returncode or writer.returncode:
        raise Failure(f"could not unpack {deb.name}: is the disk full? (350 MB needed)")
