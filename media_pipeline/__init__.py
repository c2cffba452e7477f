"""From an encoder's stream to LL-HLS on disk: ladder, ffmpeg, fragmented MP4, playlists, packager.

Ground floor: it gets plain values and returns facts, and knows neither Django nor the other apps.
"""
