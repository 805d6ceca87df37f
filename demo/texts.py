"""What invented people write and answer, in four languages."""

# (subject, body); the body takes {name}, {number} (customer number) and {invoice}.
SUPPORT = {
    "pl": (
        (
            "Faktura za ostatni miesiąc",
            (
                "Dzień dobry,\nna fakturze {invoice} widzę dwa razy tę samą opłatę. "
                "Proszę o sprawdzenie.\nPozdrawiam,\n{name}"
            ),
        ),
        (
            "Przerywane połączenia",
            (
                "Dzień dobry,\nod wczoraj rozmowy urywają się po kilku minutach. "
                "Mój numer klienta to {number}. Proszę o pomoc.\n{name}"
            ),
        ),
        (
            "Zmiana adresu",
            (
                "Dzień dobry,\nprzenieśliśmy się w nowe miejsce i chcemy mieć nowy adres "
                "na fakturach. "
                "Jak to zrobić?\nZ poważaniem,\n{name}"
            ),
        ),
        (
            "Przeniesienie numeru",
            (
                "Dzień dobry,\nile trwa przeniesienie numeru do Państwa? "
                "Umowa z obecnym operatorem kończy się za miesiąc.\n{name}"
            ),
        ),
        (
            "Dziękuję",
            "Dzień dobry,\nwszystko już działa. Dziękuję za szybką pomoc!\n{name}",
        ),
    ),
    "et": (
        (
            "Küsimus arve kohta",
            (
                "Tere!\nArvel {invoice} on sama tasu kaks korda. Palun kontrollige.\n"
                "Lugupidamisega\n{name}"
            ),
        ),
        (
            "Kõned katkevad",
            (
                "Tere!\nEilsest alates katkevad kõned mõne minuti järel. "
                "Minu kliendinumber on {number}. Palun aidake.\n{name}"
            ),
        ),
        (
            "Aadressi muutmine",
            (
                "Tere!\nKolisime ja soovin, et arvetel oleks uus aadress. "
                "Kuidas seda muuta?\nLugupidamisega\n{name}"
            ),
        ),
        (
            "Numbri ületoomine",
            (
                "Tere!\nKui kaua võtab numbri ületoomine aega? "
                "Praegune leping lõpeb kuu aja pärast.\n{name}"
            ),
        ),
        ("Aitäh", "Tere!\nKõik töötab jälle. Aitäh kiire abi eest!\n{name}"),
    ),
    "lv": (
        (
            "Jautājums par rēķinu",
            (
                "Labdien!\nRēķinā {invoice} viena un tā pati maksa ir divas reizes. "
                "Lūdzu, pārbaudiet.\nAr cieņu\n{name}"
            ),
        ),
        (
            "Sarunas pārtrūkst",
            (
                "Labdien!\nKopš vakardienas sarunas pārtrūkst pēc dažām minūtēm. "
                "Mans klienta numurs ir {number}. Lūdzu, palīdziet.\n{name}"
            ),
        ),
        (
            "Adreses maiņa",
            (
                "Labdien!\nEsam pārcēlušies, un rēķinos vajag jauno adresi. "
                "Kā to nomainīt?\nAr cieņu\n{name}"
            ),
        ),
        (
            "Numura pārnešana",
            (
                "Labdien!\nCik ilgi jāgaida, līdz numurs tiek pārnests pie jums? "
                "Pašreizējais līgums beidzas pēc mēneša.\n{name}"
            ),
        ),
        ("Paldies", "Labdien!\nViss atkal darbojas. Paldies par ātro palīdzību!\n{name}"),
    ),
    "en": (
        (
            "Question about my invoice",
            (
                "Hello,\ninvoice {invoice} shows the same charge twice. "
                "Could you look into it?\nKind regards,\n{name}"
            ),
        ),
        (
            "Calls drop",
            (
                "Hello,\nsince yesterday my calls drop after a few minutes. "
                "My customer number is {number}. Please help.\n{name}"
            ),
        ),
        (
            "Change of address",
            (
                "Hello,\nwe have moved and would like the new address on our invoices. "
                "How do I change it?\nKind regards,\n{name}"
            ),
        ),
        (
            "Moving my number",
            (
                "Hello,\nhow long does it take to move my number to you? "
                "My present contract ends in a month.\n{name}"
            ),
        ),
        ("Thank you", "Hello,\neverything works again. Thanks for the quick help!\n{name}"),
    ),
}

# For each question of a voicebot, the answers people give.
VOICEBOT = {
    "pl": (
        (
            "Od kiedy może Pan lub Pani zacząć pracę?",
            ("Od pierwszego.", "Po miesięcznym wypowiedzeniu.", "Choćby od jutra."),
        ),
        (
            "Czy potwierdza Pan lub Pani termin wizyty?",
            ("Tak, potwierdzam.", "Proszę przełożyć na następny tydzień.", "Nie, rezygnuję."),
        ),
        (
            "Jak ocenia Pan lub Pani naszą obsługę w skali od 1 do 5?",
            ("Pięć, było świetnie.", "Trójka, trzeba było długo czekać.", "Cztery."),
        ),
    ),
    "et": (
        (
            "Millal saaksite tööle asuda?",
            ("Järgmise kuu algusest.", "Kahe nädala pärast.", "Kohe homme."),
        ),
        (
            "Kas kinnitate visiidi aja?",
            ("Jah, kinnitan.", "Palun tõstke järgmisesse nädalasse.", "Ei, loobun."),
        ),
        (
            "Kuidas hindate meie teenindust viie palli süsteemis?",
            ("Viis, väga hea.", "Kolm, ootasin kaua.", "Neli."),
        ),
    ),
    "lv": (
        (
            "Kad jūs varētu sākt strādāt?",
            ("No nākamā mēneša.", "Pēc divām nedēļām.", "Kaut vai rīt."),
        ),
        (
            "Vai apstiprināt vizītes laiku?",
            ("Jā, apstiprinu.", "Lūdzu, pārceliet uz nākamo nedēļu.", "Nē, atsakos."),
        ),
        (
            "Kā jūs vērtējat mūsu apkalpošanu piecu ballu skalā?",
            ("Pieci, bija lieliski.", "Trīs, ilgi gaidīju.", "Četri."),
        ),
    ),
}

LIST_TITLES = {
    "pl": ("Stali klienci", "Przypomnienia o wizytach", "Zaproszenia na jubileusz"),
    "et": ("Püsikliendid", "Visiidi meeldetuletused", "Kandidaadid, kevad"),
    "lv": ("Pastāvīgie klienti", "Apkopes atgādinājumi", "Skaitītāju rādījumi"),
}

SUBSCRIPTION_SOURCES = ("website form", "trade fair", "customer portal", "webinar")
SERVICES = ("Cloud PBX", "SMS gateway", "Voicebot", "Call API", "Virtual number")
PATHS = (
    "/portal/login",
    "/portal/invoices",
    "/portal/calls",
    "/portal/numbers",
    "/api/v2/calls",
    "/api/v2/sms",
)
