"""What streaming's own tests have is here as well: its ingest, an emptied Redis, plain static names."""

from tests.streaming.conftest import FakeIngest, _empty_redis, _plain_static_names, ingest, set_env

__all__ = ["FakeIngest", "_empty_redis", "_plain_static_names", "ingest", "set_env"]
