"""Configuration files of other people's programs, rendered with Django's template engine."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from django.conf import settings
from django.template import Context, Engine

from deploy.layout import REPO


@cache
def _engine() -> Engine:
    if not settings.configured:
        # The launcher has no project settings yet: it is making them.
        settings.configure(USE_I18N=False)
    return Engine(dirs=[str(REPO / "deploy")], autoescape=False)


def render(template: str, context: Mapping[str, object]) -> str:
    """The text of a template below deploy/."""
    return _engine().get_template(template).render(Context(dict(context), autoescape=False))


def render_to(path: Path, template: str, context: Mapping[str, object]) -> None:
    """Write a rendered template; only its owner may read it, since most hold a secret."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(render(template, context))
