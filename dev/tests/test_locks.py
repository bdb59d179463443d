"""Locks outlive the command that took them when a child holds the file."""

import subprocess

import pytest

from dev import locks, paths


@pytest.fixture
def lock(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "HOME", tmp_path)
    return locks.Lock("some")


def test_free_until_taken(lock):
    assert not lock.held_elsewhere()
    assert lock.take()
    assert lock.held_elsewhere()
    lock.release()
    assert not lock.held_elsewhere()


def test_shared_by_several_but_not_with_an_owner(lock):
    other = locks.Lock("some")
    assert lock.take(shared=True)
    assert other.take(shared=True, wait=False)
    other.release()
    assert not other.take(wait=False)


def test_a_child_keeps_it(lock):
    lock.take()
    with subprocess.Popen(["sleep", "60"], pass_fds=[lock.file.fileno()]) as child:
        lock.release()
        assert lock.held_elsewhere()
        child.kill()
    assert not lock.held_elsewhere()
