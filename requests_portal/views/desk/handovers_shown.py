"""What we hold for other companies, as the case page shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.forms import Form
from django.utils.translation import get_language

from accounts.models import User
from datamap.domain.schema import Controller
from datamap.queries import map_of
from lib.units import Status
from requests_portal.domain.lifecycle import State
from requests_portal.domain.outside import Telling
from requests_portal.forms.outside import LetterLanguageForm
from requests_portal.models import Case, Handover, HandoverFile
from requests_portal.queries import found_rows
from requests_portal.services.forwarding import HANDING, entrusted_parts
from requests_portal.services.handover_letters import Held
from requests_portal.texts.outside import STATES, TONES
from requests_portal.views.desk.outside_state import ShownState, shown_state


@dataclass(frozen=True, kw_only=True)
class ShownPart:
    """One controller's part: what is held, and how far the handing over is."""

    controller: Controller
    tables: tuple[tuple[str, int], ...]
    handover: Handover | None
    file: HandoverFile | None
    state: ShownState
    form: LetterLanguageForm

    @property
    def waits(self) -> bool:
        return self.handover is None or self.handover.state == Telling.TO_SEND


def handovers_panel(case: Case, _user: User, _forms: Mapping[str, Form]) -> dict[str, Any]:
    """Return each controller's part of what was found, and the case this one is a part of."""
    parts = _parts(case)
    searched = not case.collection_units.exclude(status=Status.DONE).exists()
    return {
        "entrusted": parts,
        "may_hand_over": State(case.state) in HANDING and searched,
        "only_entrusted": bool(parts) and searched and not found_rows(case),
        "split_from": case.parent,
        "split_by": Handover.objects.filter(forwarded_case=case).first() if case.parent else None,
    }


def _parts(case: Case) -> list[ShownPart]:
    related = ("link__message", "forwarded_case", "map_version", "sent_by")
    known = {one.controller_id: one for one in case.handovers.select_related(*related)}
    shown = [
        _shown(case, part.controller, part.held, part.map_version.hash, known.get(id_))
        for id_, part in ((one.controller.id, one) for one in entrusted_parts(case))
    ]
    there = {one.controller.id for one in shown}
    for id_, handover in known.items():
        if id_ not in there and handover.link_id is not None:  # its search was laid down
            version = handover.map_version.hash
            controller = map_of(version).controller(id_)
            held = [(resource, table, rows) for resource, table, rows in handover.held]
            shown.append(_shown(case, controller, held, version, handover))
    return shown


def _shown(
    case: Case, controller: Controller, held: Held, version: str, handover: Handover | None
) -> ShownPart:
    language = get_language() or "en"
    data_map = map_of(version)
    return ShownPart(
        controller=controller,
        tables=tuple(
            (data_map.resource(resource).table(table).title.in_language(language), rows)
            for resource, table, rows in held
        ),
        handover=handover,
        file=getattr(handover, "file", None),
        state=shown_state(handover)
        if handover
        else ShownState(label=STATES[Telling.TO_SEND], tone=TONES[Telling.TO_SEND]),
        form=LetterLanguageForm(
            initial={"language": case.language}, auto_id=f"id_{controller.id}_%s"
        ),
    )
