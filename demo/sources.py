"""The two databases of the demonstration company: their tables, keys and months."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from demo import rows_customers as customers
from demo import rows_messages as messages
from demo import rows_traffic as traffic
from demo import rows_voice as voice
from demo.copying import Row
from demo.rows_customers import Plan

Rows = Callable[[Plan], Iterator[Row]]


@dataclass(frozen=True)
class ForeignKey:
    """A column of one table that names a row of another.

    `lets_go`: it is emptied when that row goes, because the rows are about somebody else.
    """

    table: str
    column: str
    parent: str
    parent_column: str = "id"
    lets_go: bool = False


@dataclass(frozen=True)
class Source:
    """One database: its tables in the order of filling, with what fills them."""

    id: str
    title: str
    url_name: str
    tables: Mapping[str, Rows]
    foreign_keys: tuple[ForeignKey, ...]
    monthly: tuple[str, ...] = ()
    # Columns that retention or billing asks for by value, beside those that searches need.
    indexed: tuple[tuple[str, str], ...] = ()


PLATFORM = Source(
    id="platform",
    title="telephony platform",
    url_name="SOURCE_PLATFORM_URL",
    tables={
        "tariffs": messages.tariff_rows,
        "customers": customers.customer_rows,
        "contacts": customers.contact_rows,
        "contracts": customers.contract_rows,
        "invoices": customers.invoice_rows,
        "payments": customers.payment_rows,
        "calls": traffic.call_rows,
        "sms": traffic.sms_rows,
        "support_messages": messages.support_message_rows,
        "contact_lists": messages.contact_list_rows,
        "contact_list_entries": messages.contact_list_entry_rows,
        "access_log": messages.access_log_rows,
        "marketing_subscribers": messages.marketing_subscriber_rows,
    },
    foreign_keys=(
        ForeignKey("contacts", "customer_id", "customers", lets_go=True),
        ForeignKey("contracts", "customer_id", "customers"),
        ForeignKey("invoices", "customer_id", "customers"),
        ForeignKey("invoices", "contract_id", "contracts"),
        ForeignKey("payments", "invoice_id", "invoices"),
        ForeignKey("calls", "customer_id", "customers"),
        ForeignKey("sms", "customer_id", "customers"),
        ForeignKey("support_messages", "customer_id", "customers", lets_go=True),
        ForeignKey("contact_lists", "customer_id", "customers", lets_go=True),
        ForeignKey("contact_list_entries", "contact_list_id", "contact_lists", lets_go=True),
    ),
    monthly=("calls", "sms"),
    indexed=(
        ("contracts", "ended_on"),
        ("invoices", "issued_on"),
        ("support_messages", "created_at"),
        ("contact_lists", "uploaded_at"),
        ("access_log", "at"),
        ("marketing_subscribers", "unsubscribed_at"),
    ),
)
VOICE = Source(
    id="voice",
    title="voice service",
    url_name="SOURCE_VOICE_URL",
    tables={
        "dpas": voice.dpa_rows,
        "voicebot_answers": voice.voicebot_answer_rows,
        "recordings": voice.recording_rows,
    },
    foreign_keys=(
        ForeignKey("voicebot_answers", "dpa_reference", "dpas", "reference"),
        ForeignKey("recordings", "dpa_reference", "dpas", "reference"),
    ),
    indexed=(("voicebot_answers", "answered_at"), ("recordings", "started_at")),
)
SOURCES = (PLATFORM, VOICE)
