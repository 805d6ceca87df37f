from django.apps import AppConfig


class ErasureConfig(AppConfig):
    name = "erasure"
    verbose_name = "Erasure"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from datamap.signals import task_answered  # noqa: PLC0415 (models first)
        from erasure.services.schedule import resume_schedule  # noqa: PLC0415
        from erasure.services.work import resume_plans  # noqa: PLC0415

        task_answered.connect(resume_plans)
        task_answered.connect(resume_schedule)
