from django.urls import path

from retention.views import restrictions

app_name = "retention"

urlpatterns = [
    path("restrictions/", restrictions.restriction_list, name="restriction-list"),
    path("restrictions/new/", restrictions.restriction_set, name="restriction-set"),
    path("restrictions/<uuid:pk>/", restrictions.restriction_detail, name="restriction-detail"),
    path("restrictions/<uuid:pk>/notice/", restrictions.notice_sent, name="restriction-notice"),
    path("restrictions/<uuid:pk>/lift/", restrictions.restriction_lift, name="restriction-lift"),
    path(
        "restrictions/<uuid:pk>/marks/<int:mark_id>/retry/",
        restrictions.mark_retry,
        name="mark-retry",
    ),
]
