from django.urls import path

from requests_portal.views.desk import days_off

app_name = "calendar"

urlpatterns = [
    path("days-off/", days_off.day_off_list, name="day-off-list"),
    path("days-off/new/", days_off.day_off_add, name="day-off-add"),
    path("days-off/<int:pk>/remove/", days_off.day_off_remove, name="day-off-remove"),
]
