from django.urls import path

from datamap.views import manual

app_name = "tasks"

urlpatterns = [
    path("tasks/", manual.task_list, name="task-list"),
    path("tasks/<uuid:pk>/", manual.task_detail, name="task-detail"),
    path("tasks/<uuid:pk>/sign/", manual.task_sign, name="task-sign"),
    path("tasks/<uuid:pk>/rows/<str:name>/", manual.rows_upload, name="rows-upload"),
    path("tasks/<uuid:pk>/rows/<str:name>/remove/", manual.rows_remove, name="rows-remove"),
    path("tasks/<uuid:pk>/rows/<str:name>/template/", manual.rows_template, name="rows-template"),
]
