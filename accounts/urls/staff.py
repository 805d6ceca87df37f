from django.urls import path

from accounts.views import people, person, profile, sign_ins

app_name = "accounts"

urlpatterns = [
    path("", profile.home, name="home"),
    path("profile/", profile.profile, name="profile"),
    path("people/", people.staff_list, name="staff-list"),
    path("people/invite/", people.staff_invite, name="staff-invite"),
    path("people/<int:pk>/", people.staff_detail, name="staff-detail"),
    path("people/<int:pk>/roles/", person.staff_roles, name="staff-roles"),
    path("people/<int:pk>/deactivate/", person.staff_deactivate, name="staff-deactivate"),
    path("people/<int:pk>/reactivate/", person.staff_reactivate, name="staff-reactivate"),
    path("people/<int:pk>/invite-again/", person.staff_invite_again, name="staff-invite-again"),
    path(
        "people/<int:pk>/second-factor/reset/",
        person.second_factor_reset,
        name="second-factor-reset",
    ),
    path("sign-ins/", sign_ins.sign_in_list, name="sign-in-list"),
]
