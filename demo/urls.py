from django.urls import path

from demo import views
from demo.style_page import style

app_name = "demo"
urlpatterns = [
    path("style/", style, name="style"),
    path("mailbox/", views.mailbox, name="mailbox"),
    path("mailbox/<str:name>/", views.message, name="mailbox-message"),
    path("mailbox/<str:name>/html/", views.message_html, name="mailbox-message-html"),
]
