"""The conductor: owns the one session with Janus, and what belongs to it.

Pages never speak to Janus. What they want comes as orders whose right was checked (`spaces.media_commands`), and what
Janus says goes to their seats. All ids are kept in Redis, so that the next conductor goes on where this one stopped.
"""
