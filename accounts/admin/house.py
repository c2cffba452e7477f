from smtplib import SMTPException
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy, pgettext_lazy

from accounts import actions, audit, legal, mail, reports
from accounts.admin.base import AuditedAdmin, ReadOnlyAdmin, administrator, for_each
from accounts.models import AuditEntry, LegalPage, Report, SiteSettings


@admin.register(SiteSettings)
class SiteSettingsAdmin(AuditedAdmin):
    """One row: its list leads straight to it."""

    change_form_template = "admin/accounts/sitesettings/change_form.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        SiteSettings.objects.get_or_create(pk=1)
        return redirect("admin:accounts_sitesettings_change", 1)

    def get_urls(self) -> list[URLPattern]:
        test = path("test-mail/", self.admin_site.admin_view(self.send_test_mail), name="accounts_test_mail")
        return [test, *super().get_urls()]

    def send_test_mail(self, request: HttpRequest) -> HttpResponse:
        """Send a letter now, in the request: the operator wants to read the mail server's complaint."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        user = administrator(request)
        if not self.has_change_permission(request):
            return redirect("admin:index")
        try:
            mail.deliver_one(mail.write_to(user, "mail/test", {}))
        except (SMTPException, OSError) as error:
            messages.error(request, _("The mail server says: %(error)s") % {"error": error})
        else:
            messages.success(request, _("A letter is on its way to %(address)s.") % {"address": user.email})
        audit.record(user, "sent test mail")
        return redirect("admin:accounts_sitesettings_change", 1)


@admin.register(LegalPage)
class LegalPageAdmin(AuditedAdmin):
    list_display = ["kind", "version", "published_at"]
    list_filter = ["kind"]
    actions = ["publish"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What is published stays as people agreed to it: a change is a new version."""
        return bool(super().has_change_permission(request, obj)) and (obj is None or obj.published_at is None)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_delete_permission(request, obj)) and obj is not None and obj.published_at is None

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["version", "published_at", "preview"] + (["kind"] if obj else [])

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new version begins with the text that holds now."""
        initial: dict[str, Any] = dict(super().get_changeform_initial_data(request))
        now = legal.current(str(initial.get("kind", "")))
        return initial | ({"text": now.text} if now else {})

    def save_model(self, request: HttpRequest, obj: Any, form: BaseForm, change: bool) -> None:
        if not change:
            obj.version = legal.next_version(obj.kind)
        super().save_model(request, obj, form, change)

    @admin.display(description=_("how it reads"))
    def preview(self, page: LegalPage) -> SafeString:
        return legal.render(page.text)

    @admin.action(description=_("Publish: people agree to it at their next log-in"), permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[LegalPage]) -> None:
        by, now = administrator(request), timezone.now()
        for_each(
            request,
            queryset,
            lambda page: legal.publish(page=page, by=by, now=now),
            ngettext_lazy("%(count)d published.", "%(count)d published.", "count"),
        )


@admin.register(Report)
class ReportAdmin(ReadOnlyAdmin):
    """The queue: what waits comes first, and each outcome is an action."""

    list_display = ["about", "kind", "reason", "said", "reporter", "created_at", "outcome", "handled_by"]
    list_filter = [("outcome", admin.EmptyFieldListFilter), "outcome", "reason", "kind"]
    list_select_related = ["reporter", "handled_by"]
    search_fields = ["label", "text", "user__username", "channel__name", "reporter__username"]
    ordering = ["outcome", "-created_at"]
    date_hierarchy = "created_at"
    actions = ["dismiss", "warn", "suspend_user"]

    def has_settle_permission(self, request: HttpRequest) -> bool:
        return administrator(request).has_perm("accounts.change_report")

    @admin.display(description=pgettext_lazy("report", "about"))
    def about(self, report: Report) -> SafeString:
        return (
            format_html('<a href="{}">{}</a>', report.url, report.label)
            if report.url
            else format_html("{}", report.label)
        )

    @admin.display(description=_("what happened"))
    def said(self, report: Report) -> str:
        return report.text[:120]

    @admin.action(description=_("Dismiss: nothing is wrong"), permissions=["settle"])
    def dismiss(self, request: HttpRequest, queryset: QuerySet[Report]) -> None:
        self._settle(request, queryset, Report.Outcome.DISMISSED)

    @admin.action(description=_("Warn the person"), permissions=["settle"])
    def warn(self, request: HttpRequest, queryset: QuerySet[Report]) -> None:
        self._settle(request, queryset, Report.Outcome.WARNED)

    @admin.action(description=_("Suspend the person, channels too"), permissions=["settle"])
    def suspend_user(self, request: HttpRequest, queryset: QuerySet[Report]) -> None:
        by, now = administrator(request), timezone.now()

        @transaction.atomic
        def suspend(report: Report) -> None:
            reports.settle(report=report, outcome=Report.Outcome.USER_SUSPENDED, by=by, now=now)
            if report.user is not None:
                actions.suspend_user(user=report.user, by=by, now=now, reason=report.get_reason_display())

        for_each(request, queryset, suspend, ngettext_lazy("%(count)d settled.", "%(count)d settled.", "count"))

    @staticmethod
    def _settle(request: HttpRequest, queryset: QuerySet[Report], outcome: Report.Outcome) -> None:
        by, now = administrator(request), timezone.now()
        done = ngettext_lazy("%(count)d settled.", "%(count)d settled.", "count")
        for_each(request, queryset, lambda one: reports.settle(report=one, outcome=outcome, by=by, now=now), done)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "actor_name", "action", "target_type", "target_name", "facts"]
    list_filter = ["action", "target_type"]
    search_fields = ["actor_name", "target_name", "action"]
    date_hierarchy = "at"
    fields = ["at", "actor_name", "action", "target_type", "target", "facts"]

    @admin.display(description=_("to"))
    def target(self, entry: AuditEntry) -> str | SafeString:
        """With a link where the admin has a page for it."""
        app, _dot, model = entry.target_type.partition(".")
        try:
            url = reverse(f"admin:{app}_{model}_change", args=[entry.target_id])
        except NoReverseMatch:
            return entry.target_name
        return format_html('<a href="{}">{}</a>', url, entry.target_name)
