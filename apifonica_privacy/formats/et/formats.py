"""Estonian dates with times, which Django's own formats lack."""

DATETIME_FORMAT = "j. F Y, G:i"
TIME_FORMAT = "G:i"
SHORT_DATE_FORMAT = "d.m.Y"
SHORT_DATETIME_FORMAT = "d.m.Y G:i"
