"""What other apps may listen to."""

from django.dispatch import Signal

#: A task was signed. Sent inside the transaction of the answer, with `task` and `at` (aware):
#: what waits for it is to be tried again from then on.
task_answered = Signal()
