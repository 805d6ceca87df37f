from django.urls import path

from retention.views import holds

app_name = "holds"

urlpatterns = [
    path("holds/", holds.hold_list, name="hold-list"),
    path("holds/new/", holds.hold_new, name="hold-new"),
    path("holds/<uuid:pk>/", holds.hold_detail, name="hold-detail"),
    path("holds/<uuid:pk>/review/", holds.hold_review, name="hold-review"),
    path("holds/<uuid:pk>/propose/", holds.hold_propose, name="hold-propose"),
    path("holds/<uuid:pk>/release/", holds.hold_release, name="hold-release"),
]
