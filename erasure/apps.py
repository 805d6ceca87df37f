from django.apps import AppConfig


class ErasureConfig(AppConfig):
    name = "erasure"
    verbose_name = "Erasure"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from datamap.signals import task_answered  # noqa: PLC0415 (models first)
        from erasure.services import schedule, work  # noqa: PLC0415
        from retention.signals import hold_placed, hold_released, restriction_set  # noqa: PLC0415

        task_answered.connect(work.resume_plans)
        task_answered.connect(schedule.resume_schedule)
        restriction_set.connect(work.look_again)
        restriction_set.connect(schedule.look_again)
        hold_placed.connect(work.look_again)
        hold_placed.connect(schedule.look_again)
        hold_released.connect(schedule.go_on)
