"""An encoder as OBS is one: it sends over RTMP, and ends when it is cut."""

import signal
import subprocess
import time
from pathlib import Path


class Encoder:
    """ffmpeg sending a clip in real time, over and over."""

    def __init__(self, url: str, source: Path, *, program: str = "ffmpeg", options: tuple[str, ...] = ()) -> None:
        command = [program, "-hide_banner", "-loglevel", "error", "-nostdin", "-re", "-stream_loop", "-1"]
        command += ["-i", str(source), "-c", "copy", *options, "-f", "flv", url]
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    def wait(self, within: float) -> int:
        """Until it has left by itself; its exit status."""
        return self.process.wait(within)

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """Cut the connection without a goodbye."""
        if self.is_running:
            self.process.kill()
        self.process.wait()
