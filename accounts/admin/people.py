from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from accounts.models import Channel, User

admin.site.site_header = "Estrade"
admin.site.site_title = "Estrade"
admin.site.register(User, UserAdmin)


@admin.register(Channel)
class ChannelAdmin(admin.ModelAdmin):
    list_display = ["name", "title", "owner", "is_suspended", "created_at"]
    list_filter = ["is_suspended"]
    search_fields = ["name", "title", "owner__username"]
    autocomplete_fields = ["owner"]
    # Suspension goes through the actions of streaming, which also drop the encoder.
    readonly_fields = ["is_suspended", "key_version", "created_at"]
