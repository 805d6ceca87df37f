"""Where every address of the house begins."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.urls import URLPattern, URLResolver, include, path

from apifonica_privacy.health import health
from apifonica_privacy.metrics import metrics

urlpatterns: list[URLPattern | URLResolver] = [
    path("health/", health, name="health"),
    path("metrics", metrics, name="metrics"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("staff/", include("accounts.urls.sign_in")),
    path("staff/", include("accounts.urls.staff")),
    path("staff/", include("datamap.urls.tasks")),
    path("staff/", include("datamap.urls.maps")),
    path("staff/", include("retention.urls.restrictions")),
    path("staff/", include("retention.urls.holds")),
    path("staff/", include("retention.urls.records")),
    path("staff/", include("retention.urls.purges")),
    path("", include("retention.urls.certificates")),
    path("staff/", include("requests_portal.urls.calendar")),
    path("desk/", include("requests_portal.urls.desk")),
    *i18n_patterns(path("", include("requests_portal.urls.portal"))),
]

if settings.DEMO:
    urlpatterns.insert(0, path("demo/", include("demo.urls")))
