"""Our reader of SSH signatures against ssh-keygen's own, for every kind of key."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regency.errors import BadInput, LedgerError
from regency.ledger.sshkeys import SshKey, Touch
from regency.ledger.sshsig import SshSignature
from regency.ledger.sshwire import Reader
from ssh_keys import KNOWN, TOUCHED, SecurityKey, accepted, armored, listed, new_key, opened, sign

KINDS = [("ed25519", 0), ("ecdsa", 256), ("ecdsa", 384), ("ecdsa", 521), ("rsa", 2048)]


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: f"{kind[0]}-{kind[1]}")
def key(request, tmp_path_factory):
    return new_key(tmp_path_factory.mktemp("keys") / "id", request.param[0], bits=request.param[1])


@pytest.fixture(scope="module")
def plain_signature(tmp_path_factory):
    return sign(new_key(tmp_path_factory.mktemp("keys") / "id"), "yes", "n")


@pytest.mark.parametrize("options", [(), ("-O", "hashalg=sha256")])
def test_signatures_of_ssh_keygen_hold(key, options):
    signature = SshSignature.parse(sign(key, "yes", "regency-test", *options))
    public = SshKey.parse(key.with_suffix(".pub").read_text())
    assert signature.key == public
    assert signature.verify(b"yes", "regency-test") == Touch()
    with pytest.raises(LedgerError, match="does not hold"):
        signature.verify(b"no", "regency-test")
    with pytest.raises(LedgerError, match="made for 'regency-test'"):
        signature.verify(b"yes", "git")


def test_fingerprints_are_those_of_ssh_keygen(key):
    assert SshKey.parse(key.with_suffix(".pub").read_text()).fingerprint in listed(key)


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa"])
@pytest.mark.parametrize("flags", [0, TOUCHED, KNOWN, TOUCHED | KNOWN])
def test_what_a_security_key_says_of_the_moment(kind, flags):
    token = SecurityKey(kind)
    token.counter = 41
    text = token.sign("yes", "n", flags)
    touch = SshSignature.parse(text).verify(b"yes", "n")
    assert touch == Touch(bool(flags & TOUCHED), bool(flags & KNOWN), 42)
    # ssh-keygen, the oracle, agrees that it holds, and with any flags: it cannot demand a touch.
    allowed = f"ada {token.public}\n"
    assert accepted(allowed, "ada", "n", "yes", text)
    assert not accepted(allowed, "ada", "n", "no", text)
    with pytest.raises(LedgerError, match="does not hold"):
        SshSignature.parse(text).verify(b"no", "n")


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa"])
def test_flags_and_counter_cannot_be_added_afterwards(kind):
    blob = opened(SecurityKey(kind).sign("yes", "n", flags=0))
    touched = blob[:-5] + bytes([TOUCHED | KNOWN]) + blob[-4:]
    later = blob[:-1] + bytes([9])
    for forged in (touched, later):
        with pytest.raises(LedgerError, match="does not hold"):
            SshSignature.parse(armored(forged)).verify(b"yes", "n")


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_no_changed_byte_passes(plain_signature, data):
    blob = bytearray(opened(plain_signature))
    blob[data.draw(st.integers(0, len(blob) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(LedgerError):
        SshSignature.parse(armored(bytes(blob))).verify(b"yes", "n")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_rubbish_is_refused_and_never_crashes(raw):
    for text in (raw.decode("latin-1"), armored(raw), armored(b"SSHSIG\0\0\0\1" + raw)):
        with pytest.raises(LedgerError):
            SshSignature.parse(text)
    with pytest.raises(LedgerError):
        SshKey.of(raw)


@pytest.mark.parametrize(
    "line",
    ["", "ssh-ed25519", "ssh-ed25519 AAAA", "ssh-dss AAAA", "no key at all",
     "ssh-ed25519 " + "A" * 68, "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQM="],
)  # fmt: skip
def test_lines_that_are_no_key(line):
    with pytest.raises(BadInput):
        SshKey.parse(line)


def test_weak_and_misnamed_keys(tmp_path):
    with pytest.raises(BadInput, match="2048 bits"):
        SshKey.parse(new_key(tmp_path / "weak", "rsa", bits=1024).with_suffix(".pub").read_text())
    line = new_key(tmp_path / "id").with_suffix(".pub").read_text()
    with pytest.raises(BadInput, match="another kind"):
        SshKey.parse(line.replace("ssh-ed25519", "ssh-rsa", 1))


@pytest.mark.parametrize("raw", [b"\x00\x00\x00\x01\x80", b"\x00\x00\x00\x02\x00\x01"])
def test_numbers_have_one_form(raw):
    with pytest.raises(LedgerError, match="malformed number"):
        Reader(raw, "it").mpint()
