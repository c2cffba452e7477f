"""The log of what people with power did."""

from typing import Any

from django.db.models import Model

from accounts.models import AuditEntry, User


def record(actor: User | None, action: str, target: Model | None = None, **facts: Any) -> AuditEntry:
    """Write down who did what to whom; without an actor it was the system. Facts must be JSON."""
    return AuditEntry.objects.create(
        actor=actor,
        actor_name=actor.username if actor else "",
        action=action,
        target_type=target._meta.label_lower if target else "",
        target_id=str(target.pk) if target else "",
        target_name=str(target)[:200] if target else "",
        facts=facts,
    )
