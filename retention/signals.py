"""What other apps may listen to."""

from django.dispatch import Signal

#: A person's data was restricted. Sent inside its transaction, with `restriction` and `at` (aware):
#: whoever was asked to erase by hand must learn soon what has to stay.
restriction_set = Signal()
