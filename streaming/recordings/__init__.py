"""What is kept of a broadcast: recording it, finishing, storing, showing and deleting the recording."""
