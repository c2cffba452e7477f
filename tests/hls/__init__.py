"""A validator for low-latency HLS (draft-pantos-hls-rfc8216bis), written without a look at the packager."""
