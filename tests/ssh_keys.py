"""SSH keys for tests: real ones by ssh-keygen, and security keys made by hand, without a token."""

import base64
import hashlib
import struct
import subprocess
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

TOUCHED, KNOWN = 0x01, 0x04


def new_key(path: Path, kind: str = "ed25519", passphrase: str = "", bits: int = 0) -> Path:
    """Make a real key with ssh-keygen."""
    size = ["-b", str(bits)] if bits else []
    command = ["ssh-keygen", "-q", "-t", kind, *size, "-N", passphrase, "-f", str(path), "-C", "x"]
    subprocess.run(command, check=True)
    return path


def sign(key: Path, message: str, namespace: str, *options: str) -> str:
    """Sign with ssh-keygen itself."""
    command = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(key), "-n", namespace, *options]
    done = subprocess.run(command, input=message.encode(), check=True, capture_output=True)
    return done.stdout.decode()


def accepted(allowed: str, name: str, namespace: str, message: str, armored: str) -> bool:
    """Whether ``ssh-keygen -Y verify`` accepts a signature."""
    with tempfile.TemporaryDirectory() as folder:
        signers, signature = Path(folder) / "allowed", Path(folder) / "sig"
        signers.write_text(allowed)
        signature.write_text(armored)
        command = ["ssh-keygen", "-Y", "verify", "-f", str(signers), "-I", name, "-n", namespace,
                   "-s", str(signature)]  # fmt: skip
        done = subprocess.run(command, input=message.encode(), check=False, capture_output=True)
        return done.returncode == 0


def listed(key: Path) -> str:
    """What ``ssh-keygen -l`` says of a key."""
    return subprocess.run(
        ["ssh-keygen", "-lf", str(key)], check=True, capture_output=True, text=True
    ).stdout


class SecurityKey:
    """A security key by OpenSSH's PROTOCOL.u2f, written from its words alone."""

    def __init__(self, kind: str = "ed25519") -> None:
        self.counter = 0
        self._application = b"ssh:"
        if kind == "ed25519":
            self._private = Ed25519PrivateKey.generate()
            self._kind = b"sk-ssh-ed25519@openssh.com"
            point = self._private.public_key().public_bytes_raw()
            parts = [self._kind, point, self._application]
        else:
            self._private = ec.generate_private_key(ec.SECP256R1())
            self._kind = b"sk-ecdsa-sha2-nistp256@openssh.com"
            form = (Encoding.X962, PublicFormat.UncompressedPoint)
            point = self._private.public_key().public_bytes(*form)
            parts = [self._kind, b"nistp256", point, self._application]
        self._blob = b"".join(map(string, parts))
        self.public = f"{self._kind.decode()} {base64.b64encode(self._blob).decode()}"

    def sign(self, message: str, namespace: str, flags: int = TOUCHED | KNOWN) -> str:
        """Sign as the token would, which counts."""
        self.counter += 1
        fields = (namespace.encode(), b"", b"sha512", hashlib.sha512(message.encode()).digest())
        inner = b"SSHSIG" + b"".join(map(string, fields))
        moment = struct.pack(">BI", flags, self.counter)
        data = hashlib.sha256(self._application).digest() + moment + hashlib.sha256(inner).digest()
        raw = string(self._kind) + string(self._over(data)) + moment
        head = b"SSHSIG" + struct.pack(">I", 1)
        return armored(head + b"".join(map(string, (self._blob, *fields[:3], raw))))

    def _over(self, data: bytes) -> bytes:
        if isinstance(self._private, Ed25519PrivateKey):
            return self._private.sign(data)
        signature = self._private.sign(data, ec.ECDSA(hashes.SHA256()))
        return b"".join(string(mpint(n)) for n in decode_dss_signature(signature))


def string(raw: bytes) -> bytes:
    return struct.pack(">I", len(raw)) + raw


def mpint(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def armored(blob: bytes) -> str:
    text = base64.b64encode(blob).decode()
    lines = "\n".join(text[i : i + 70] for i in range(0, len(text), 70))
    return f"-----BEGIN SSH SIGNATURE-----\n{lines}\n-----END SSH SIGNATURE-----\n"


def opened(text: str) -> bytes:
    """The blob in an armored signature."""
    return base64.b64decode("".join(text.strip().split("\n")[1:-1]))
