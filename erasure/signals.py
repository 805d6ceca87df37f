"""What others may act on, inside the transaction that records it. Receivers get `plan` and `at`."""

from django.dispatch import Signal

#: Everything that the plan said would go is gone, and a new search has shown it.
plan_completed = Signal()
#: What the plan kept has been erased too, each row when its time had come.
schedule_completed = Signal()
