"""What other apps may listen to."""

from django.dispatch import Signal

#: A person's data was restricted. Sent inside its transaction, with `restriction` and `at` (aware):
#: whoever was asked to erase by hand must learn soon what has to stay.
restriction_set = Signal()

#: A legal hold was placed, or released. Sent inside the transaction, with `hold` and `at` (aware):
#: what it keeps has to stay where people were asked to erase; what it held back is done now.
hold_placed = Signal()
hold_released = Signal()
