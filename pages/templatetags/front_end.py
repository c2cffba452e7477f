"""What a page's head needs: style sheets, modules and the import map, all under their hashed names."""

import json
from collections.abc import Iterator
from datetime import timedelta
from functools import cache

from django import template
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple
from django.templatetags.static import static
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.hues import hue_of
from accounts.models import Channel

register = template.Library()

_LIBRARIES = {
    "@hotwired/turbo": "vendor/turbo/turbo.js",
    "hls.js": "vendor/hls.js/hls.light.min.mjs",
    "media-chrome": "vendor/media-chrome/index.js",
    "uplot": "vendor/uplot/uplot.js",
}


@cache
def _modules() -> dict[str, str]:
    """Every module by the name it is imported under."""
    root = settings.BASE_DIR / "static" / "js"
    own = {path.relative_to(root).with_suffix("").as_posix(): path for path in sorted(root.glob("*/*.js"))}
    return _LIBRARIES | {name: f"js/{name}.js" for name in own}


@register.simple_tag
def front_end_version() -> str:
    """Another one whenever any static file is another one: open pages then load the next page whole."""
    return getattr(staticfiles_storage, "manifest_hash", "")


@register.simple_tag
def import_map() -> SafeString:
    """JSON for a `<script type="importmap">`: bare module names to hashed addresses."""
    return _import_map(front_end_version())


@cache
def _import_map(_version: str) -> SafeString:
    imports = {name: static(path) for name, path in _modules().items() if not name.startswith("elements/")}
    return mark_safe(json.dumps({"imports": imports}).replace("<", "\\u003c"))  # noqa: S308


@register.simple_tag(takes_context=True)
def modules(context: template.Context, *names: str, early: bool = False) -> SafeString:
    """A module script for each name; an early one runs as soon as it is there, while the page is still being read."""
    nonce = getattr(context.get("request"), "csp_nonce", "")
    when = mark_safe(" async") if early else ""
    rows = ((when, static(_modules()[name]), nonce) for name in names)
    return format_html_join("\n", '<script type="module"{} src="{}" nonce="{}"></script>', rows)


@register.simple_tag(takes_context=True)
def modules_later(context: template.Context, *names: str) -> SafeString:
    """Modules that are fetched and run once the page shows its first picture (`lib/later`)."""
    addresses = json.dumps([static(_modules()[name]) for name in names])
    script = format_html('<script type="application/json" data-later>{}</script>', mark_safe(addresses))  # noqa: S308
    return modules(context, "lib/later") + script


@register.simple_tag
def modulepreload(*names: str) -> SafeString:
    """Have modules fetched together, before the first of them names the others."""
    return format_html_join("\n", '<link rel="modulepreload" href="{}">', _rows(_modules()[name] for name in names))


@register.simple_tag
def stylesheets(*names: str) -> SafeString:
    return format_html_join("\n", '<link rel="stylesheet" href="{}">', _rows(f"css/{name}.css" for name in names))


@register.simple_tag
def emoji_names() -> list[tuple[str, str]]:
    """Where the names of emoji are, the reader's own language first."""
    own = get_language()
    files = {code: f"vendor/emoji/{code}.json" for code, _name in settings.LANGUAGES}
    named = [code for code in files if files[code] in settings.LIBRARY_FILES]
    return [(code, static(files[code])) for code in sorted(named, key=lambda code: code != own)]


@register.filter
def hue(channel: Channel) -> int:
    """One of twelve colours, always the same for the same channel."""
    return hue_of(channel.name)


register.filter(hue_of)


@register.filter
def control(field: BoundField) -> SafeString:
    """A form's control; its label says what a placeholder would, and style attributes are forbidden."""
    for name in ("placeholder", "style"):
        field.field.widget.attrs.pop(name, None)
    return field.as_widget()


@register.filter
def control_kind(field: BoundField) -> str:
    """How a field is laid out: a box to tick, several of them, a trap for robots, or a line."""
    if field.name == settings.ACCOUNT_SIGNUP_FORM_HONEYPOT_FIELD and not field.label:
        return "trap"
    if isinstance(field.field.widget, CheckboxSelectMultiple):
        return "checks"
    return "check" if isinstance(field.field.widget, CheckboxInput) else "line"


@register.simple_tag(takes_context=True)
def page_link(context: template.Context, number: int, name: str = "page") -> str:
    """The address of this list's other page: all else that was asked for stays."""
    query = context["request"].GET.copy()
    query[name] = str(number)
    return f"?{query.urlencode()}"


@register.filter
def duration(length: timedelta | None) -> str:
    """Hours and minutes: 2:05 h, 0:42 h."""
    minutes = round(length.total_seconds() / 60) if length else 0
    return _("%(hours)d:%(minutes)02d h") % {"hours": minutes // 60, "minutes": minutes % 60}


@register.filter
def megabits(bits: float) -> str:
    """A bit rate as people say it."""
    return _("%(rate)s Mb/s") % {"rate": number_format(bits / 1e6, 1)}


@register.filter
def clock(seconds: float | None) -> str:
    """A length as players show it: 1:02:03, or 2:03."""
    minutes, rest = divmod(round(seconds or 0), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _rows(paths: Iterator[str]) -> Iterator[tuple[str]]:
    return ((static(path),) for path in paths)
