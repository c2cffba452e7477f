"""Text that lies sealed in the database: whoever has a copy of that alone can't read it.

The first of several secrets seals, each opens; so one is replaced while everything goes on.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

__all__ = ["InvalidToken", "Seal"]

PREFIX = "sealed:"


@dataclass(frozen=True)
class Seal:
    """For one purpose, which `about` names: the same secret makes another key for each."""

    about: str
    secrets: Callable[[], list[str]]

    def seal(self, text: str) -> str:
        return PREFIX + self._fernet().encrypt(text.encode()).decode()

    def open(self, text: str) -> str:
        """What was sealed; what never was is as it is. Raises InvalidToken where no secret opens it."""
        if not text.startswith(PREFIX):
            return text
        return self._fernet().decrypt(text.removeprefix(PREFIX).encode()).decode()

    def renew(self, text: str) -> str:
        """Sealed with the first secret. Raises InvalidToken."""
        if not text.startswith(PREFIX):
            return self.seal(text)
        return PREFIX + self._fernet().rotate(text.removeprefix(PREFIX).encode()).decode()

    def _fernet(self) -> MultiFernet:
        return MultiFernet([Fernet(self._key(secret)) for secret in self.secrets()])

    def _key(self, secret: str) -> bytes:
        derived = HKDF(SHA256(), length=32, salt=None, info=f"estrade: {self.about}".encode()).derive(secret.encode())
        return base64.urlsafe_b64encode(derived)
