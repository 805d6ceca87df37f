from django.urls import path

from requests_portal.views.desk import (
    case,
    data,
    entering,
    erasure,
    extending,
    letters,
    porting,
    questions,
    queue,
    rectification,
    reopening,
    restrictions,
    rulings,
    work,
)

app_name = "desk"

urlpatterns = [
    path("", queue.case_list, name="case-list"),
    path("cases/new/", entering.case_new, name="case-new"),
    path("cases/<str:reference>/", case.case_detail, name="case-detail"),
    path("cases/<str:reference>/progress/", case.case_progress, name="case-progress"),
    path("cases/<str:reference>/assign/", work.case_assign, name="case-assign"),
    path("cases/<str:reference>/start/", work.case_start, name="case-start"),
    path("cases/<str:reference>/narrow/", work.case_narrow, name="case-narrow"),
    path(
        "cases/<str:reference>/mails/<int:message_id>/again/",
        work.mail_send_again,
        name="mail-send-again",
    ),
    path("cases/<str:reference>/decide/", work.case_decide, name="case-decide"),
    path("cases/<str:reference>/plan/", erasure.erasure_plan, name="erasure-plan"),
    path("cases/<str:reference>/plan/approve/", erasure.erasure_approve, name="erasure-approve"),
    path("cases/<str:reference>/plan/retry/", erasure.erasure_retry, name="erasure-retry"),
    path("cases/<str:reference>/nothing-held/", erasure.nothing_held, name="case-nothing-held"),
    path("cases/<str:reference>/ruling/", rulings.ruling_decide, name="ruling-decide"),
    path(
        "cases/<str:reference>/ruling/<int:proposal_id>/approve/",
        rulings.ruling_approve,
        name="ruling-approve",
    ),
    path(
        "cases/<str:reference>/ruling/<int:proposal_id>/back/",
        rulings.ruling_send_back,
        name="ruling-send-back",
    ),
    path(
        "cases/<str:reference>/restriction/end/",
        restrictions.restriction_end,
        name="restriction-end",
    ),
    path("cases/<str:reference>/scan/", entering.scan_download, name="scan-download"),
    path("cases/<str:reference>/mandate/", entering.mandate_check, name="mandate-check"),
    path("cases/<str:reference>/extension/", extending.extension_tell, name="extension-tell"),
    path("cases/<str:reference>/merge/", reopening.case_merge, name="case-merge"),
    path("cases/<str:reference>/reopen/", reopening.case_reopen, name="case-reopen"),
    path("cases/<str:reference>/conclude/", reopening.case_conclude, name="case-conclude"),
    path("cases/<str:reference>/ask/", questions.question_ask, name="question-ask"),
    path("cases/<str:reference>/ask/answer/", questions.answer_note, name="answer-note"),
    path("cases/<str:reference>/porting/wish/", porting.wish_note, name="wish-note"),
    path(
        "cases/<str:reference>/porting/approve/", porting.transfer_approve, name="transfer-approve"
    ),
    path("cases/<str:reference>/porting/again/", porting.transfer_retry, name="transfer-retry"),
    path("cases/<str:reference>/porting/release/", porting.code_release, name="code-release"),
    path("cases/<str:reference>/porting/return/", porting.package_return, name="package-return"),
    path("cases/<str:reference>/close/", work.case_close, name="case-close"),
    path("cases/<str:reference>/units/<int:unit_id>/retry/", work.unit_retry, name="unit-retry"),
    path("cases/<str:reference>/package/retry/", work.package_retry, name="package-retry"),
    path("cases/<str:reference>/data/<int:table_id>/", data.table_rows, name="table-rows"),
    path(
        "cases/<str:reference>/data/<int:table_id>/rows/<int:number>/correct/",
        rectification.correction_row,
        name="correction-row",
    ),
    path(
        "cases/<str:reference>/corrections/",
        rectification.correction_list,
        name="correction-list",
    ),
    path(
        "cases/<str:reference>/corrections/progress/",
        rectification.correction_progress,
        name="correction-progress",
    ),
    path(
        "cases/<str:reference>/corrections/apply/",
        rectification.correction_apply,
        name="correction-apply",
    ),
    path(
        "cases/<str:reference>/corrections/<int:pk>/<str:step>/",
        rectification.correction_step,
        name="correction-step",
    ),
    path("cases/<str:reference>/letter/", letters.answer_letter, name="answer-letter"),
    path(
        "cases/<str:reference>/letters/<int:letter_id>/",
        letters.letter_download,
        name="letter-download",
    ),
]
