from django.apps import AppConfig


class LibConfig(AppConfig):
    name = "lib"
    verbose_name = "Building blocks"
    default_auto_field = "django.db.models.BigAutoField"
