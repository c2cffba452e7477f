"""Celery: one task a live broadcast on `media`, what must be quick on `urgent`, the rest on `default`."""

import os
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

from celery import Celery
from celery.schedules import crontab
from celery.signals import worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from config.env import read_env


def broker_url(redis_url: str) -> str:
    """Kombu's spelling of a Redis URL: unix sockets are `redis+socket://`."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={database}"


env = read_env()
app = Celery("estrade", broker=broker_url(env.redis_url))
app.conf.update(
    task_ignore_result=True,
    task_default_queue="default",
    task_acks_late=False,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        "socket_timeout": 10,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
        "health_check_interval": 10,
        "visibility_timeout": env.broker_visibility_s,
    },
    task_publish_retry_policy={"max_retries": 3, "interval_start": 0, "interval_step": 0.5, "interval_max": 1},
    timezone="UTC",
    beat_schedule={
        "watch-ingest": {
            "task": "streaming.tasks.watch_ingest",
            "schedule": 1.0,
            "options": {"queue": "urgent", "expires": 2},
        },
        "sweep-broadcasts": {
            "task": "streaming.tasks.sweep_broadcasts",
            "schedule": 1.0,
            "options": {"queue": "urgent", "expires": 2},
        },
        "sweep-media": {
            "task": "streaming.tasks.sweep_media",
            "schedule": 60.0,
            "options": {"queue": "batch", "expires": 60},
        },
        "sweep-outbox": {
            "task": "realtime.tasks.deliver_outbox",
            "schedule": 1.0,
            "options": {"queue": "urgent", "expires": 2},
        },
        "forget-outbox": {
            "task": "realtime.tasks.forget_outbox",
            "schedule": 3600.0,
            "options": {"queue": "batch", "expires": 3600},
        },
        "forget-notifications": {
            "task": "accounts.tasks.forget_notifications",
            "schedule": 86400.0,
            "options": {"queue": "batch", "expires": 3600},
        },
        "tell-lapses": {
            "task": "monetization.tasks.tell_lapses",
            "schedule": 1.0,
            "options": {"queue": "urgent", "expires": 2},
        },
        "sweep-payments": {
            "task": "monetization.tasks.sweep_payments",
            "schedule": 30.0,
            "options": {"queue": "urgent", "expires": 30},
        },
        "renew-subscriptions": {
            "task": "monetization.tasks.renew_due",
            "schedule": 60.0,
            "options": {"queue": "default", "expires": 60},
        },
        "sweep-tickets": {
            "task": "monetization.tasks.sweep_tickets",
            "schedule": 30.0,
            "options": {"queue": "default", "expires": 30},
        },
        "catch-up-with-gateway": {
            "task": "monetization.tasks.catch_up",
            "schedule": 180.0,
            "options": {"queue": "urgent", "expires": 60},
        },
        "pay-creators": {
            "task": "monetization.tasks.pay_creators",
            "schedule": 600.0,
            "options": {"queue": "default", "expires": 600},
        },
        "look-at-connected-accounts": {
            "task": "monetization.tasks.look_at_accounts",
            "schedule": 3600.0,
            "options": {"queue": "default", "expires": 3600},
        },
        "reconcile-with-gateway": {
            "task": "monetization.tasks.reconcile",
            "schedule": crontab(hour=3, minute=40),
            "options": {"queue": "default", "expires": 3600},
        },
        "end-chat-modes": {
            "task": "chat.tasks.end_modes",
            "schedule": 1.0,
            "options": {"queue": "urgent", "expires": 2},
        },
        "tell-space-reminders": {
            "task": "spaces.tasks.tell_reminders",
            "schedule": 15.0,
            "options": {"queue": "default", "expires": 15},
        },
        "flush-ad-events": {
            "task": "ads.tasks.flush_events",
            "schedule": 2.0,
            "options": {"queue": "urgent", "expires": 4},
        },
        "call-ad-breaks": {
            "task": "ads.tasks.call_breaks",
            "schedule": 10.0,
            "options": {"queue": "urgent", "expires": 10},
        },
        "settle-ads": {
            "task": "ads.tasks.settle",
            "schedule": 300.0,
            "options": {"queue": "default", "expires": 300},
        },
        "recount-ads": {
            "task": "ads.tasks.recount",
            "schedule": crontab(hour=4, minute=10),
            "options": {"queue": "default", "expires": 3600},
        },
        "sweep-ad-refunds": {
            "task": "ads.tasks.sweep_refunds",
            "schedule": 30.0,
            "options": {"queue": "default", "expires": 30},
        },
        "send-waiting-creatives": {
            "task": "ads.tasks.send_waiting",
            "schedule": 900.0,
            "options": {"queue": "batch", "expires": 900},
        },
        "refresh-thumbnails": {
            "task": "streaming.tasks.refresh_thumbnails",
            "schedule": 10.0,
            "options": {"queue": "default", "expires": 10},
        },
        "sample-audiences": {
            "task": "streaming.tasks.sample_audiences",
            "schedule": 10.0,
            "options": {"queue": "urgent", "expires": 8},
        },
        "sweep-recordings": {
            "task": "streaming.recordings.tasks.sweep_recordings",
            "schedule": 5.0,
            "options": {"queue": "urgent", "expires": 5},
        },
        "remove-stray-recordings": {
            "task": "streaming.recordings.tasks.remove_strays",
            "schedule": 1800.0,
            "options": {"queue": "batch", "expires": 1800},
        },
    },
)
app.autodiscover_tasks()
app.autodiscover_tasks(["streaming.recordings"])


@worker_ready.connect
def say_ready(sender: Any, **_facts: object) -> None:
    """A worker is heard of as soon as it takes work, not only after its queue's first sweep."""
    from streaming import live_store

    for queue in sender.app.amqp.queues.consume_from:
        live_store.note_beat(queue, time.time())
