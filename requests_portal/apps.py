from django.apps import AppConfig


class RequestsPortalConfig(AppConfig):
    name = "requests_portal"
    verbose_name = "Requests"
    default_auto_field = "django.db.models.BigAutoField"
