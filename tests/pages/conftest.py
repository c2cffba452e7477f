"""What streaming's own tests have is here as well: its ingest, recordings, an emptied Redis, plain static names."""

from tests.streaming.conftest import FakeIngest, _empty_redis, _plain_static_names, ingest, set_env
from tests.streaming.recordings.conftest import after, media_dir, record

__all__ = ["FakeIngest", "_empty_redis", "_plain_static_names", "after", "ingest", "media_dir", "record", "set_env"]
