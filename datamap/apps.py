from django.apps import AppConfig


class DataMapConfig(AppConfig):
    name = "datamap"
    verbose_name = "Data map"
    default_auto_field = "django.db.models.BigAutoField"
