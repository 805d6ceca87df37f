class StartRefused(Exception):
    """The demonstration cannot start; the message is the sentence shown, with what to do."""
