"""Rows on their way out, counted so that an interrupted step can be accounted for."""

from django.db import models
from django.db.models import Q

from datamap.domain.erasing import Tally
from erasure.domain.ordering import TableId

ZERO = Tally().as_text()
TALLY = r"^[0-9]+:[0-9a-f]{16}:[0-9a-f]{16}$"


class Removal(models.Model):
    """Rows of one table on their way out, so that an interrupted step can be accounted for.

    `pending` is written before the source commits a step and moves to `executed` after it: what
    is still there tells whether the step in between was applied.
    """

    resource_id = models.CharField(max_length=64)
    table_name = models.CharField(max_length=128)
    #: In the order in which tables are erased, over all resources.
    position = models.PositiveIntegerField()
    going = models.CharField(max_length=60, default=ZERO)
    executed = models.CharField(max_length=60, default=ZERO)
    pending = models.CharField(max_length=60, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_tallies",
                condition=Q(going__regex=TALLY, executed__regex=TALLY)
                & (Q(pending="") | Q(pending__regex=TALLY)),
            ),
        ]

    @property
    def table(self) -> TableId:
        return TableId(self.resource_id, self.table_name)

    @property
    def left(self) -> Tally:
        """Return what is still to go, as far as is known."""
        return Tally.parse(self.going) - Tally.parse(self.executed)

    @property
    def is_complete(self) -> bool:
        return self.executed == self.going and not self.pending
