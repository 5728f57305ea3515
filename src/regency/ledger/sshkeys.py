"""SSH public keys: reading them and checking signatures with them, software and hardware keys.

Formats: RFC 4253, 5656, 8332 and 8709 for software keys; OpenSSH's PROTOCOL.u2f for ``sk-`` keys.
"""

import base64
import binascii
import hashlib
import struct
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from regency.errors import BadInput, LedgerError
from regency.ledger.sshwire import Reader

PRESENT, VERIFIED = 0x01, 0x04  # WebAuthn's authenticator flags: user present, user verified
_LEAST_RSA_BITS = 2048
_CURVES: dict[str, tuple[ec.EllipticCurve, hashes.HashAlgorithm]] = {
    "nistp256": (ec.SECP256R1(), hashes.SHA256()),
    "nistp384": (ec.SECP384R1(), hashes.SHA384()),
    "nistp521": (ec.SECP521R1(), hashes.SHA512()),
}
_SK_ED25519 = "sk-ssh-ed25519@openssh.com"
_SK_ECDSA = "sk-ecdsa-sha2-nistp256@openssh.com"
_RSA_HASHES = {"rsa-sha2-256": hashes.SHA256(), "rsa-sha2-512": hashes.SHA512()}
KINDS = ("ssh-ed25519", *(f"ecdsa-sha2-{curve}" for curve in _CURVES), "ssh-rsa",
         _SK_ED25519, _SK_ECDSA)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Touch:
    """What a hardware key says of the moment it signed in; of a software key, nothing.

    Attributes:
        presence: Somebody touched it.
        verification: It knew who, by PIN or fingerprint.
        counter: Its count of signatures; 0 if it keeps none.
    """

    presence: bool = False
    verification: bool = False
    counter: int = 0


@dataclass(frozen=True, slots=True)
class SshKey:
    """A public key.

    Attributes:
        kind: For example ``ssh-ed25519``.
        blob: Its binary form.
    """

    kind: str
    blob: bytes

    @property
    def text(self) -> str:
        """The key as in a ``.pub`` file, without comment."""
        return f"{self.kind} {base64.b64encode(self.blob).decode()}"

    @property
    def fingerprint(self) -> str:
        """The key's name as ``ssh-keygen -l`` has it: ``SHA256:…``."""
        digest = base64.b64encode(hashlib.sha256(self.blob).digest()).decode()
        return f"SHA256:{digest.rstrip('=')}"

    @property
    def in_hardware(self) -> bool:
        """Whether it is a security key's, which says who was there when it signed."""
        return self.kind.startswith("sk-")

    @classmethod
    def of(cls, blob: bytes) -> "SshKey":
        """Return the key with this binary form.

        Raises:
            LedgerError: Not a key, or of a kind that we do not take.
        """
        kind = Reader(blob, "the SSH key").text()
        if kind not in KINDS:
            raise LedgerError(f"keys of the kind {kind[:60]!r} are not taken: use ssh-ed25519.")
        key = cls(kind, blob)
        key._read()
        return key

    @classmethod
    def parse(cls, line: str) -> "SshKey":
        """Return the key in a line as of a ``.pub`` file.

        Raises:
            BadInput: There is none.
        """
        words = line.split()
        place = next((n for n, word in enumerate(words) if word in KINDS), None)
        try:
            blob = base64.b64decode(words[(place or 0) + 1], validate=True)
            key = cls.of(blob)
        except (IndexError, ValueError, binascii.Error, LedgerError) as error:
            raise BadInput(f"{line[:60]!r} is not an SSH public key that we take: {error}") from (
                error
            )
        if place is None or key.kind != words[place]:
            raise BadInput(f"{line[:60]!r} says another kind than its key is.")
        return key

    def verify(self, message: bytes, signature: bytes) -> Touch:
        """Check a signature over ``message`` in SSH's binary form.

        Raises:
            LedgerError: It does not hold, or is malformed.
        """
        reader = Reader(signature, "the SSH signature")
        kind, raw = reader.text(), reader.string()
        touch, data = Touch(), message
        if self.in_hardware:
            flags, counter = reader.take(1), reader.uint32()
            touch = Touch(bool(flags[0] & PRESENT), bool(flags[0] & VERIFIED), counter)
            data = _authenticated(self._application, flags, counter, message)
        reader.end()
        if kind not in (_RSA_HASHES if self.kind == "ssh-rsa" else (self.kind,)):
            raise LedgerError(f"a {self.kind} key cannot make a signature of kind {kind[:60]!r}.")
        try:
            self._check(kind, raw, data)
        except (InvalidSignature, ValueError) as error:
            raise LedgerError("the SSH signature does not hold.") from error
        return touch

    def _check(self, kind: str, raw: bytes, data: bytes) -> None:
        key = self._read()
        if isinstance(key, Ed25519PublicKey):
            key.verify(raw, data)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            reader = Reader(raw, "the SSH signature")
            numbers = encode_dss_signature(reader.mpint(), reader.mpint())
            reader.end()
            key.verify(numbers, data, ec.ECDSA(_CURVES[_curve_of(self.kind)][1]))
        else:
            # RFC 8332: the signature may have lost leading zeros.
            filled = raw.rjust((key.key_size + 7) // 8, b"\0")
            key.verify(filled, data, padding.PKCS1v15(), _RSA_HASHES[kind])

    @property
    def _application(self) -> bytes:
        reader = Reader(self.blob, "the SSH key")
        for _ in range(2 if self.kind == _SK_ED25519 else 3):
            reader.string()
        return reader.string()

    def _read(self) -> Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey:
        reader = Reader(self.blob, "the SSH key")
        reader.string()
        try:
            key = self._material(reader)
        except ValueError as error:
            raise LedgerError(f"the SSH key is not one: {error}") from error
        if self.in_hardware:
            reader.string()
        reader.end()
        return key

    def _material(
        self, reader: Reader
    ) -> Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey:
        if self.kind in ("ssh-ed25519", _SK_ED25519):
            return Ed25519PublicKey.from_public_bytes(reader.string())
        if self.kind == "ssh-rsa":
            exponent, modulus = reader.mpint(), reader.mpint()
            if modulus.bit_length() < _LEAST_RSA_BITS:
                raise ValueError(f"RSA keys have {_LEAST_RSA_BITS} bits at least")
            return rsa.RSAPublicNumbers(exponent, modulus).public_key()
        curve = reader.text()
        if curve != _curve_of(self.kind):
            raise ValueError(f"it is on the curve {curve[:40]!r}")
        point = reader.string()
        return ec.EllipticCurvePublicKey.from_encoded_point(_CURVES[curve][0], point)


def _curve_of(kind: str) -> str:
    return kind.removesuffix("@openssh.com").rpartition("-")[2]


def _authenticated(application: bytes, flags: bytes, counter: int, message: bytes) -> bytes:
    """Return what a security key signs: PROTOCOL.u2f, "SSH U2F Signatures"."""
    head = hashlib.sha256(application).digest() + flags + struct.pack(">I", counter)
    return head + hashlib.sha256(message).digest()
