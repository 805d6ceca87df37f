"""The root of every refusal whose text may be shown as it is."""


class Refusal(ValueError):
    """An input was refused. The text is one clear sentence for the person who gave it."""
