from django.urls import path

from demo import views

app_name = "demo"
urlpatterns = [
    path("mailbox/", views.mailbox, name="mailbox"),
    path("mailbox/<str:name>/", views.message, name="mailbox-message"),
    path("mailbox/<str:name>/html/", views.message_html, name="mailbox-message-html"),
]
