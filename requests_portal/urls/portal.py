from django.urls import path

from requests_portal.views.portal import answer, collecting, intake, pages, status

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
    path("my/leave/", status.leave, name="request-leave"),
    path("my/package/", answer.package_download, name="package-download"),
    path("my/letter/", answer.answer_letter, name="answer-letter"),
    path("my/letters/<int:letter_id>/", answer.letter_download, name="letter-download"),
]
