"""A bucket of an S3 store for recordings: django-storages' own storage, and what long files need beside it.

Large files go up in parts. What has arrived is asked of the store itself, so an upload that was cut off goes on where
it was, by whichever worker, and nothing is remembered here.
"""

import io
import time
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

PART_BYTES = 16 * 1024 * 1024
_MOST_PARTS = 10_000
STORE_ERRORS = (BotoCoreError, ClientError, OSError)
_TYPES = {".mp4": "video/mp4", ".webp": "image/webp"}

Progress = Callable[[int], None]


class OutOfTime(Exception):
    """The upload isn't through, and goes on with the next call."""


class IncompleteUpload(OSError):
    """The store confirms another size than was sent."""


class RecordingBucket(S3Storage):  # type: ignore[misc]
    """Private objects: no ACL is ever set, and addresses are signed."""

    def __init__(self, **options: Any) -> None:
        self.public_endpoint_url = options.pop("public_endpoint_url", "")
        super().__init__(**options)

    def get_default_settings(self) -> dict[str, Any]:
        config = Config(
            connect_timeout=5,
            read_timeout=60,
            retries={"mode": "standard", "max_attempts": 4},
            signature_version="s3v4",
            # Stores other than Amazon's don't all know the newer checksums.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        defaults: dict[str, Any] = super().get_default_settings()
        return defaults | {"client_config": config, "default_acl": None, "querystring_auth": True}

    @property
    def client(self) -> Any:
        return self.connection.meta.client

    @cached_property
    def _signer(self) -> Any:
        """Who signs addresses: for the endpoint by which browsers know the store."""
        return boto3.client(
            "s3",
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name=self.region_name or "us-east-1",
            endpoint_url=self.public_endpoint_url or self.endpoint_url,
            config=Config(signature_version="s3v4", s3={"addressing_style": self.addressing_style or "auto"}),
        )

    def presign(self, name: str, seconds: int, download_as: str = "") -> str:
        """An address that opens one object for so long; `download_as` is what a browser saves it as."""
        parameters = {"Bucket": self.bucket_name, "Key": name}
        if download_as:
            parameters["ResponseContentDisposition"] = f"attachment; filename*=UTF-8''{quote(download_as, safe='')}"
        address: str = self._signer.generate_presigned_url("get_object", Params=parameters, ExpiresIn=seconds)
        return address

    def size_of(self, name: str) -> int | None:
        """What the store has under a name, in bytes; None when there is nothing."""
        try:
            return int(self.client.head_object(Bucket=self.bucket_name, Key=name)["ContentLength"])
        except ClientError as error:
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 404:
                return None
            raise

    def send(self, path: Path, name: str, size: int, *, deadline: float, on_progress: Progress) -> None:
        """Put the first `size` bytes of a file under a name; what is there already isn't sent again.

        Raises OutOfTime at the deadline (time.monotonic), IncompleteUpload, or one of STORE_ERRORS.
        """
        if self.size_of(name) == size:
            on_progress(size)
            return
        content_type = _TYPES.get(path.suffix, "application/octet-stream")
        with path.open("rb") as file:
            if size <= PART_BYTES:
                body = file.read(size)
                self.client.put_object(Bucket=self.bucket_name, Key=name, Body=body, ContentType=content_type)
            else:
                self._send_parts(file, name, size, content_type, deadline, on_progress)
        if self.size_of(name) != size:
            raise IncompleteUpload(f"{name} arrived with another size")
        on_progress(size)

    def _send_parts(
        self, file: io.BufferedReader, name: str, size: int, content_type: str, deadline: float, on_progress: Progress
    ) -> None:
        upload = {"Bucket": self.bucket_name, "Key": name}
        step = max(PART_BYTES, -(-size // _MOST_PARTS))
        upload["UploadId"] = (
            self._open_upload(name)
            or (self.client.create_multipart_upload(**upload, ContentType=content_type)["UploadId"])
        )
        there = {part["PartNumber"]: part for part in self._parts(upload)}
        for number, offset in enumerate(range(0, size, step), 1):
            length = min(step, size - offset)
            if number not in there or there[number]["Size"] != length:
                if time.monotonic() > deadline:
                    raise OutOfTime
                file.seek(offset)
                part = self.client.upload_part(**upload, PartNumber=number, Body=file.read(length))
                there[number] = {"PartNumber": number, "ETag": part["ETag"], "Size": length}
            on_progress(offset + length)
        parts = [{"PartNumber": number, "ETag": there[number]["ETag"]} for number in sorted(there)]
        self.client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})

    def _open_upload(self, name: str) -> str | None:
        """The newest upload of this object that was begun and not ended."""
        found = self.client.list_multipart_uploads(Bucket=self.bucket_name, Prefix=name).get("Uploads", [])
        mine = [upload for upload in found if upload["Key"] == name]
        return max(mine, key=lambda upload: upload["Initiated"])["UploadId"] if mine else None

    def _parts(self, upload: dict[str, str]) -> Iterator[dict[str, Any]]:
        for page in self.client.get_paginator("list_parts").paginate(**upload):
            yield from page.get("Parts", [])

    def fetch(self, name: str, path: Path) -> None:
        """Bring an object here, in one step."""
        draft = path.with_name(f"{path.name}.tmp")
        self.client.download_file(self.bucket_name, name, str(draft))
        draft.rename(path)

    def names_below(self, prefix: str) -> list[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket_name, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def folders_below(self, prefix: str) -> list[str]:
        """The names directly below a prefix that others are below of."""
        paginator = self.client.get_paginator("list_objects_v2")
        pages = paginator.paginate(Bucket=self.bucket_name, Prefix=prefix, Delimiter="/")
        found = (item["Prefix"] for page in pages for item in page.get("CommonPrefixes", []))
        return [name.removeprefix(prefix).rstrip("/") for name in found]

    def remove_below(self, prefix: str) -> None:
        """Delete every object below a prefix, and what was sent of objects that never came to be."""
        for name in self.names_below(prefix):
            self.client.delete_object(Bucket=self.bucket_name, Key=name)
        begun = self.client.list_multipart_uploads(Bucket=self.bucket_name, Prefix=prefix).get("Uploads", [])
        for upload in begun:
            which = {"Bucket": self.bucket_name, "Key": upload["Key"], "UploadId": upload["UploadId"]}
            self.client.abort_multipart_upload(**which)

    def move(self, prefix: str, to: str) -> None:
        """Give every object below a prefix another one; done again after a failure, it goes on."""
        for name in self.names_below(prefix):
            source = {"Bucket": self.bucket_name, "Key": name}
            self.client.copy(source, self.bucket_name, to + name.removeprefix(prefix))
            self.client.delete_object(Bucket=self.bucket_name, Key=name)
