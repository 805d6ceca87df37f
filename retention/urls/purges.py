from django.urls import path

from retention.views import purges

app_name = "purges"

urlpatterns = [
    path("purges/", purges.purge_list, name="purge-list"),
    path("purges/start/", purges.purge_start, name="purge-start"),
    path("purges/stop/", purges.stop_set, name="stop-set"),
    path("purges/stop/<int:pk>/release/", purges.stop_release, name="stop-release"),
    path("purges/<uuid:pk>/", purges.purge_detail, name="purge-detail"),
    path("purges/<uuid:pk>/pause/", purges.purge_pause, name="purge-pause"),
    path("purges/<uuid:pk>/resume/", purges.purge_resume, name="purge-resume"),
    path("purges/<uuid:pk>/end/", purges.purge_end, name="purge-end"),
    path("purges/<uuid:pk>/tables/<int:table_id>/allow/", purges.table_allow, name="table-allow"),
]
