"""Finding Odoo and the addons, and telling when something changed."""

import pytest

from dev import addons, apt, odoo_source, python_env, system
from dev.console import Failure

TARGETS = """
http://mirror.example/debian-security Debian
http://mirror.example/ubuntu Ubuntu
http://mirror.example/debian/ Debian
http://other.example/debian Debian
"""


def write(path, text=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_mirror_is_the_first_that_is_debian_and_not_security():
    assert apt.mirror_of(TARGETS) == "http://mirror.example/debian"


def test_mirror_without_origin():
    assert apt.mirror_of("http://mirror.example/debian \n") == "http://mirror.example/debian"


def test_no_mirror_on_ubuntu():
    assert apt.mirror_of("http://mirror.example/ubuntu Ubuntu\n") is None
    assert apt.mirror_of("") is None


class TestOdooDir:
    @staticmethod
    def odoo(folder, version):
        write(folder / "odoo/release.py", f"version_info = ({version}, 'final', 0, '')\n")
        return folder

    def test_a_source_folder(self, tmp_path, monkeypatch):
        monkeypatch.setenv("ODOO_DIR", str(self.odoo(tmp_path, "19, 0")))
        assert odoo_source.given().path == tmp_path

    def test_an_unpacked_package(self, tmp_path, monkeypatch):
        inside = self.odoo(tmp_path / "usr/lib/python3/dist-packages", "19, 0")
        monkeypatch.setenv("ODOO_DIR", str(tmp_path))
        assert odoo_source.given().path == inside

    def test_a_clone_has_addons_beside_the_package(self, tmp_path, monkeypatch):
        (self.odoo(tmp_path, "19, 0") / "addons").mkdir()
        monkeypatch.setenv("ODOO_DIR", str(tmp_path))
        assert odoo_source.given().addon_folders() == [tmp_path / "addons"]

    @pytest.mark.parametrize(("version", "message"), [("18, 0", "Odoo 18.0"), ("'saas', 1", "holds no Odoo")])
    def test_another_version(self, tmp_path, monkeypatch, version, message):
        monkeypatch.setenv("ODOO_DIR", str(self.odoo(tmp_path, version)))
        with pytest.raises(Failure, match=message):
            odoo_source.given()


class TestAddons:
    @pytest.fixture
    def root(self, tmp_path):
        write(tmp_path / "clinic/__manifest__.py", "{'depends': ['sale', 'calendar']}")
        write(tmp_path / "clinic/models/thing.py", "x = 1\n")
        write(tmp_path / "clinic/tests/test_thing.py", "")
        write(tmp_path / "clinic_pos/__manifest__.py", "{'depends': ['clinic', 'point_of_sale'], 'auto_install': True}")
        write(tmp_path / "old/__manifest__.py", "{'installable': False}")
        write(tmp_path / "docs/index.md")
        return tmp_path

    def test_found(self, root):
        assert [addon.name for addon in addons.find(root)] == ["clinic", "clinic_pos"]

    def test_outer_dependencies(self, root):
        assert addons.outer_dependencies(addons.find(root)) == ["calendar", "point_of_sale", "sale"]

    def test_only_sources_change_the_key(self, root):
        known = addons.keys(addons.find(root))
        write(root / "clinic/tests/test_thing.py", "assert True\n")
        write(root / "clinic/models/__pycache__/thing.pyc", "bytecode")
        write(root / "clinic/i18n/clinic.pot", "terms")
        assert addons.changed(addons.find(root), known) == []
        write(root / "clinic/models/thing.py", "x = 2\n")
        assert [addon.name for addon in addons.changed(addons.find(root), known)] == ["clinic"]

    def test_a_new_addon_has_changed(self, root):
        assert [addon.name for addon in addons.changed(addons.find(root), {})] == ["clinic", "clinic_pos"]

    def test_a_broken_manifest_is_told(self, root):
        write(root / "old/__manifest__.py", "{'depends': [")
        with pytest.raises(Failure, match="old/__manifest__.py"):
            addons.find(root)


def test_fingerprint_tells_parts_apart():
    assert system.fingerprint("ab", "c") != system.fingerprint("a", "bc")
    assert system.fingerprint(b"a") == system.fingerprint("a")


@pytest.mark.parametrize("name", ["", "lint", "pg", "uv"])
def test_lock_files_have_hashes_and_no_addresses(name):
    text = python_env.lock_file(name).read_text()
    assert "://" not in text
    assert text.count("--hash=sha256:") >= text.count("==")


def test_the_packages_of_every_lock_file_are_pinned():
    lines = python_env.lock_file("").read_text().splitlines()
    assert all("==" in line for line in lines if line[:1].isalnum())
