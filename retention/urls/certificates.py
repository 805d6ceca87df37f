from django.urls import path

from retention.views import certificates

app_name = "certificates"

urlpatterns = [
    path("certificates/keys.json", certificates.certificate_keys, name="certificate-keys"),
    path(
        "staff/purges/<uuid:pk>/certificate.<str:form>",
        certificates.certificate_download,
        name="certificate-download",
    ),
]
