from django.urls import path

from requests_portal.views.portal import (
    answer,
    collecting,
    identity,
    intake,
    outside,
    pages,
    status,
    thread,
)

app_name = "portal"

urlpatterns = [
    path("", pages.home, name="home"),
    path("rights/<str:right>/", pages.right_detail, name="right-detail"),
    path("request/<str:right>/review/", intake.review, name="intake-review"),
    path("request/<str:right>/received/", intake.received, name="intake-received"),
    path("request/<str:right>/<slug:step>/", intake.question, name="intake-question"),
    path("link/new/", status.link_request, name="link-request"),
    path("link/<str:token>/", status.link_open, name="link-open"),
    path("collect/", collecting.collect_package, name="collect"),
    path("my/", status.request_status, name="request-status"),
    path("my/withdraw/", status.withdraw, name="request-withdraw"),
    path("my/reopen/", status.reopen_request, name="request-reopen"),
    path("my/reply/", status.reply, name="request-reply"),
    path("my/code/", collecting.code_make, name="code-make"),
    path("my/identity/", identity.proof_send, name="identity-proof"),
    path("my/identity/code/", identity.code_request, name="identity-code"),
    path("my/identity/code/enter/", identity.code_enter, name="identity-code-enter"),
    path("my/messages/", thread.post_list, name="post-list"),
    path(
        "my/messages/files/<int:attachment_id>/",
        thread.attachment_download,
        name="attachment-download",
    ),
    path("my/leave/", status.leave, name="request-leave"),
    path("my/package/", answer.package_download, name="package-download"),
    path("my/letter/", answer.answer_letter, name="answer-letter"),
    path("letter/<str:token>/", outside.outside_open, name="outside-open"),
    path("handed-over/", outside.outside_page, name="outside-page"),
    path("handed-over/letter/", outside.outside_letter, name="outside-letter"),
    path("handed-over/file/", outside.outside_file, name="outside-file"),
    path("handed-over/confirm/", outside.outside_confirm, name="outside-confirm"),
    path("handed-over/leave/", outside.outside_leave, name="outside-leave"),
    path("my/letters/<int:letter_id>/", answer.letter_download, name="letter-download"),
]
