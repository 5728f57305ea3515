"""The lab's Ed25519 key, and the public key texts that others check its signatures with."""

import base64
import binascii
import hashlib
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from regency.errors import BadInput, LedgerError
from regency.ledger.durable import write_once

ED25519 = 1  # C2SP signed-note: signature types
COSIGNATURE = 4
_ED25519 = bytes([ED25519])
_PREFIX = "PRIVATE+KEY+"


def check_name(name: str) -> str:
    """Return ``name`` if it may name a key: not empty, without spaces and plus (C2SP signed-note).

    Raises:
        BadInput: It may not.
    """
    if not name or "+" in name or re.search(r"[\s\x00-\x1f\x7f]", name):
        raise BadInput(f"{name!r} cannot name a key: use text without spaces and '+'.")
    return name


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key.

    Attributes:
        name: Who signs, for example the log's origin.
        public: 32 bytes, as RFC 8032 encodes an Ed25519 public key.
        kind: Signature type: `ED25519` of a log, or `COSIGNATURE` of a witness.
    """

    name: str
    public: bytes
    kind: int = ED25519

    @property
    def key_id(self) -> bytes:
        """The key's id, 4 bytes: C2SP signed-note."""
        return hashlib.sha256(self.name.encode() + b"\n" + self._material).digest()[:4]

    @property
    def text(self) -> str:
        """C2SP verifier key: ``name+hex(keyid)+base64(type‖key)``."""
        key = base64.b64encode(self._material).decode()
        return f"{self.name}+{self.key_id.hex()}+{key}"

    @property
    def _material(self) -> bytes:
        return bytes([self.kind]) + self.public

    @classmethod
    def parse(cls, text: str, kind: int = ED25519) -> "VerifierKey":
        """Return the key in a C2SP verifier key text.

        Args:
            text: ``name+hex(keyid)+base64(type‖key)``.
            kind: The signature type that it has to be of.

        Raises:
            BadInput: Not an Ed25519 verifier key of this kind.
        """
        name, key_id, material = _split(text.strip(), "a verifier key", kind)
        key = cls(check_name(name), material, kind)
        if key.key_id.hex() != key_id:
            raise BadInput(f"the key id in {text.strip()!r} is not that of its key: copy it anew.")
        return key

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Return whether ``signature`` over ``message`` was made with this key."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


class LabKey:
    """A private key that signs in the lab's name.

    Args:
        name: Who signs.
        seed: 32 bytes, the RFC 8032 private key.
    """

    def __init__(self, name: str, seed: bytes) -> None:
        self.name = check_name(name)
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = VerifierKey(name, self._private.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        return f"LabKey({self.verifier.text})"

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte Ed25519 signature of ``message`` (RFC 8032)."""
        return self._private.sign(message)

    @property
    def _text(self) -> str:
        key = base64.b64encode(_ED25519 + self._private.private_bytes_raw()).decode()
        return f"{_PREFIX}{self.name}+{self.verifier.key_id.hex()}+{key}\n"

    @classmethod
    def create(cls, path: Path, name: str) -> "LabKey":
        """Make a new key and keep it in ``path``, readable by its owner only.

        Raises:
            BadInput: There is a file already, or it cannot be written.
        """
        seed = Ed25519PrivateKey.generate().private_bytes_raw()
        key = cls(name, seed)
        if not write_once(path, key._text.encode(), 0o600):
            raise BadInput(f"{path} exists: a lab keeps its key; remove the file to make another.")
        return key

    @classmethod
    def load(cls, path: Path) -> "LabKey":
        """Return the key in ``path``.

        Raises:
            BadInput: It is missing, open to other accounts, or not a key.
        """
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
            text = path.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(
                f"the ledger's key {path} cannot be read ({error}): restore it from a backup."
            ) from error
        if mode & 0o077:
            raise BadInput(
                f"the ledger's key {path} is open to other accounts (mode {mode:o}): run "
                f"`chmod 600 {path}`, and if others may have read it, tell your reviewers."
            )
        if not text.startswith(_PREFIX):
            raise BadInput(f"{path} is not a ledger key: restore it from a backup.")
        name, key_id, seed = _split(text.removeprefix(_PREFIX), str(path))
        key = cls(name, seed)
        if key.verifier.key_id.hex() != key_id:
            raise LedgerError(f"{path} is damaged: restore it from a backup.")
        return key


def _split(text: str, what: str, kind: int = ED25519) -> tuple[str, str, bytes]:
    parts = text.split("+", 2)
    try:
        name, key_id, encoded = parts
        raw = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        raw = b""
    if len(raw) != 33 or raw[0] != kind:
        role = "of a witness (type 4)" if kind == COSIGNATURE else "with an Ed25519 key (type 1)"
        raise BadInput(f"{what} must read name+id+key {role}: copy it anew.")
    return name, key_id, raw[1:]
