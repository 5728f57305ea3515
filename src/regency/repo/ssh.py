"""ssh-keygen, as git itself uses it: signs with keys that this program never reads."""

import base64
import binascii
import subprocess
import tempfile
from pathlib import Path

from regency.errors import BadInput, Refused

_OPENSSH = "-----BEGIN OPENSSH PRIVATE KEY-----"
_MAGIC = b"openssh-key-v1\0"


def sign(message: bytes, key: Path, namespace: str) -> str:
    """Return the armored signature of ``message``; asks for passphrase, PIN or touch itself.

    Args:
        message: What to sign.
        key: Private key, or the public one of a key that an agent or a token holds.
        namespace: What the signature is for.

    Raises:
        BadInput: There is no such key, or no ssh-keygen.
        Refused: It was not signed: wrong passphrase, no touch, or stopped.
    """
    if not key.is_file():
        raise BadInput(f"there is no key {key}: give your SSH key with --key.")
    with tempfile.TemporaryDirectory(prefix="regency-sign-") as folder:
        text = Path(folder) / "message"
        text.write_bytes(message)
        command = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", namespace, str(text)]
        try:
            done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
        except OSError as error:
            raise BadInput("ssh-keygen is needed to sign: install openssh-client.") from error
        made = text.with_suffix(".sig")
        if done.returncode or not made.is_file():
            raise Refused(f"ssh-keygen did not sign with {key}: see what it says above.")
        return made.read_text()


def public_half(key: Path) -> str:
    """Return the line of the public key that belongs to ``key``.

    Raises:
        BadInput: There is none beside it.
    """
    beside = key if key.suffix == ".pub" else key.with_name(f"{key.name}.pub")
    try:
        return beside.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"the public key {beside} cannot be read: {error}.") from error


def is_unprotected(key: Path) -> bool:
    """Return whether ``key`` is seen to be a private key without passphrase.

    A key that cannot be read, because an agent or a token holds it, is not seen to be.
    """
    path = key.with_suffix("") if key.suffix == ".pub" else key
    try:
        text = path.read_text("ascii")
    except (OSError, UnicodeDecodeError):
        return False
    if _OPENSSH not in text:
        return "PRIVATE KEY-----" in text and "ENCRYPTED" not in text
    try:
        raw = base64.b64decode("".join(text.strip().split("\n")[1:-1]))
    except (binascii.Error, ValueError):
        return False
    cipher = raw.removeprefix(_MAGIC)[4:8]
    return raw.startswith(_MAGIC) and cipher == b"none"
