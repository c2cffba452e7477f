"""What a rule says when it is broken."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Violation:
    """One broken rule. `section` is of RFC 8216bis, or `Estrade` for what we promise beyond it."""

    section: str
    rule: str
    detail: str
    is_must: bool = True
    where: str = ""

    def at(self, where: str) -> Violation:
        """The same, with the place where it was found."""
        return Violation(self.section, self.rule, self.detail, self.is_must, where)

    def __str__(self) -> str:
        strength = "must" if self.is_must else "should"
        return f"{self.where}: {self.rule} ({self.section}, {strength}): {self.detail}"
