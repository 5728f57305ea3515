"""Signatures as ``ssh-keygen -Y sign`` makes them: OpenSSH's PROTOCOL.sshsig, read by ourselves.

``ssh-keygen -Y verify`` says that a signature holds, not whether a security key was touched or
asked for its PIN; so the key's own flags are read here.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from regency.errors import LedgerError
from regency.ledger.sshkeys import SshKey, Touch
from regency.ledger.sshwire import Reader, string

_MAGIC = b"SSHSIG"
_VERSION = 1
_HASHES = ("sha256", "sha512")
_ARMOR = re.compile(
    r"-----BEGIN SSH SIGNATURE-----\n([A-Za-z0-9+/=\n]+)\n-----END SSH SIGNATURE-----\n?"
)


@dataclass(frozen=True, slots=True)
class SshSignature:
    """A signature that was read, not yet checked.

    Attributes:
        key: The public key that it says it is of.
        namespace: What it is for.
        hash_name: ``sha256`` or ``sha512``.
        raw: The signature proper, in SSH's binary form.
    """

    key: SshKey
    namespace: str
    hash_name: str
    raw: bytes

    @classmethod
    def parse(cls, armored: str) -> "SshSignature":
        """Return the signature in its armored form.

        Raises:
            LedgerError: It is none.
        """
        found = _ARMOR.fullmatch(armored)
        try:
            blob = base64.b64decode(found[1].replace("\n", ""), validate=True) if found else b""
        except (binascii.Error, ValueError):
            blob = b""
        if not blob.startswith(_MAGIC):
            raise LedgerError(f"not an SSH signature: {armored[:60]!r}")
        reader = Reader(blob[len(_MAGIC) :], "the SSH signature")
        if reader.uint32() != _VERSION:
            raise LedgerError("the SSH signature is of another version than 1.")
        key, namespace = SshKey.of(reader.string()), reader.text()
        reserved, hash_name, raw = reader.string(), reader.text(), reader.string()
        reader.end()
        if reserved:
            raise LedgerError("the SSH signature has something where nothing is defined yet.")
        if hash_name not in _HASHES:
            raise LedgerError(f"the SSH signature hashes by {hash_name[:40]!r}: use sha512.")
        return cls(key, namespace, hash_name, raw)

    def verify(self, message: bytes, namespace: str) -> Touch:
        """Check the signature over ``message``, made for ``namespace``.

        Returns:
            What the key says of the moment.

        Raises:
            LedgerError: It does not hold, or was made for something else.
        """
        if self.namespace != namespace:
            raise LedgerError(
                f"the SSH signature was made for {self.namespace[:60]!r}, not for {namespace!r}."
            )
        return self.key.verify(signed_data(message, namespace, self.hash_name), self.raw)


def signed_data(message: bytes, namespace: str, hash_name: str) -> bytes:
    """Return what the key signs for ``message`` (PROTOCOL.sshsig, 3)."""
    digest = hashlib.new(hash_name, message).digest()
    fields = (namespace.encode(), b"", hash_name.encode(), digest)
    return _MAGIC + b"".join(map(string, fields))
