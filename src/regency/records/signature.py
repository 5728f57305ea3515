"""A human's signature under a decision, as it was made."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Signature:
    """A signed message, kept whole so that anybody can check it again.

    Attributes:
        message: What was signed: canonical JSON that names lab, item, digest, answer, reason,
            person and ledger head.
        armored: The SSH signature (SSHSIG), as ``ssh-keygen -Y sign`` writes it.
        key: Fingerprint of the key, ``SHA256:…``; empty until it was checked.
        presence: Whether the key itself says that somebody touched it.
        verification: Whether the key itself says that it knew who, by PIN or fingerprint.
        counter: The key's own count of signatures, 0 where it has none.
        unprotected: Whether the key's file was seen to have no passphrase.
    """

    message: str
    armored: str
    key: str = ""
    presence: bool = False
    verification: bool = False
    counter: int = 0
    unprotected: bool = False
