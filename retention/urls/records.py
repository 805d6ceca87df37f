from django.urls import path

from retention.views import records

app_name = "records"

urlpatterns = [
    path("records/", records.record_page, name="record-page"),
    path("records/file/", records.record_file, name="record-file"),
]
