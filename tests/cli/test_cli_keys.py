"""Keys at a terminal: real ssh-keygen, which asks for real passphrases."""

import json

import pytest
from terminal import conversed, piped

from ssh_keys import new_key
from toy_lab import git

YES, SECRET = ("[y/N]", "y\n"), ("passphrase", "secret\n")


@pytest.fixture
def lab(tested, copied, tmp_path):
    new_key(tmp_path / "id", passphrase="secret")
    new_key(tmp_path / "bare")
    return copied(tested)


def at(lab, *arguments, steps=(YES, SECRET)):
    return conversed(*arguments, "--dir", str(lab), steps=steps)


def test_from_a_key_to_a_signed_generation(lab, tmp_path):
    assert "No key is enrolled" in piped("keys", "--dir", str(lab)).out
    assert "local: they prove the account" in piped("status", "--dir", str(lab)).out
    key = str(tmp_path / "id")
    done = at(lab, "keys", "enrol", key)
    assert (done.code, "for Ada Tester." in done.out) == (0, True), done.out
    (signer,) = json.loads(piped("keys", "list", "--json", "--dir", str(lab)).out)["keys"]
    assert (signer["name"], signer["revoked"], signer["unprotected"]) == ("Ada Tester", None, False)
    assert signer["fingerprint"] in piped("keys", "--dir", str(lab)).out
    assert "signed, with one of 1 good key" in piped("status", "--dir", str(lab)).out
    approve = ("review", "approve", "p1", "--reason", "read it")
    done = at(lab, *approve, steps=(YES,))
    assert (done.code, "has to be signed" in done.out) == (3, True), done.out
    done = at(lab, *approve, "--key", key, steps=(YES, ("passphrase", "wrong\n")))
    assert (done.code, "did not sign" in done.out) == (3, True), done.out
    done = at(lab, *approve, "--key", key)
    assert (done.code, "generation/1" in done.out) == (0, True), done.out
    assert "assurance key" in git(lab, "cat-file", "-p", "generation/1")
    assert piped("ledger", "verify", "--dir", str(lab)).code == 0
    assert signer["key"] in piped("keys", "allowed-signers", "--dir", str(lab)).out


def test_a_second_key_and_the_end_of_the_first(lab, tmp_path):
    key, bare = str(tmp_path / "id"), str(tmp_path / "bare")
    assert at(lab, "keys", "enrol", key).code == 0
    done = at(lab, "keys", "enrol", bare, "--name", "Bob")
    assert (done.code, "has no passphrase" in done.out) == (3, True)
    done = at(lab, "keys", "enrol", bare, "--name", "Bob", "--unprotected")
    assert (done.code, "has to vouch" in done.out) == (2, True)
    done = at(lab, "keys", "enrol", bare, "--name", "Bob", "--unprotected", "--key", key)
    assert (done.code, "for Bob." in done.out) == (0, True), done.out
    first, _ = json.loads(piped("keys", "--json", "--dir", str(lab)).out)["keys"]
    gone = ("keys", "revoke", first["fingerprint"], "--reason", "old", "--key", bare)
    assert "Good keys left: 1" in at(lab, *gone, steps=()).out
    said = piped("keys", "--dir", str(lab)).out
    assert "revoked by entry" in said
    assert "no passphrase" in said


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("keys", "enrol", "../id"), 3, "needs a human at a terminal"),
        (("keys", "revoke", "x", "--reason", "y"), 2, "has to sign this"),
        (("keys", "revoke", "x", "--reason", "y", "--key", "../id"), 3, "a human at a terminal"),
    ],
)
def test_who_and_what_cannot_change_keys(lab, arguments, code, said):
    done = piped(*arguments, cwd=lab)
    assert (done.code, said in done.err) == (code, True), done.err


def test_a_key_that_is_not_enrolled_anywhere(lab, tmp_path):
    approve = ("review", "approve", "p1", "--reason", "read it", "--key", str(tmp_path / "id"))
    done = at(lab, *approve, steps=(YES,))
    assert (done.code, "no key is enrolled in this lab yet" in done.out) == (2, True), done.out


@pytest.mark.parametrize("name", ["none", "regency.toml"])
def test_what_is_no_key(lab, name):
    done = at(lab, "keys", "enrol", str(lab / name), steps=())
    assert (done.code, "cannot be read" in done.out) == (2, True), done.out
