from django.urls import path

from datamap.views import maps

app_name = "datamap"

urlpatterns = [
    path("data-map/", maps.map_overview, name="map-overview"),
    path("data-map/check/", maps.map_check, name="map-check"),
    path("data-map/versions/", maps.load_list, name="load-list"),
    path("data-map/versions/<int:pk>/", maps.load_detail, name="load-detail"),
    path("data-map/versions/<int:pk>/confirm/", maps.load_confirm, name="load-confirm"),
    path("data-map/versions/<int:pk>/reject/", maps.load_reject, name="load-reject"),
    path("data-map/tables/<str:resource>/<str:name>/", maps.table_detail, name="table-detail"),
]
