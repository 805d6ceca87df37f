"""Names, places and trades of the invented people: our own short lists, in correct spelling.

Polish and Latvian surnames differ by gender, so each language keeps two aligned lists.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Lexicon:
    """What one country offers to invent a person or a company.

    `women` and `men` pair given names with surnames of the same gender;
    `places` are (city, postcode) and `mobile` the leading digits of a mobile number,
    chosen apart from those of the named personas.
    """

    entity: str
    language: str
    country: str
    calling_code: str
    mobile: tuple[str, ...]
    mobile_length: int
    women: tuple[tuple[str, ...], tuple[str, ...]]
    men: tuple[tuple[str, ...], tuple[str, ...]]
    places: tuple[tuple[str, str], ...]
    streets: tuple[str, ...]
    trades: tuple[str, ...]
    company_forms: tuple[str, ...]
    job_titles: tuple[str, ...]
    domains: tuple[str, ...]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.strip().splitlines())


POLAND = Lexicon(
    entity="PL",
    language="pl",
    country="PL",
    calling_code="48",
    mobile=("51", "53", "57", "66", "69", "72", "78", "79", "88"),
    mobile_length=9,
    women=(
        _words(
            "Agnieszka Małgorzata Joanna Ewa Katarzyna Magdalena Beata Żaneta Dorota Iwona "
            "Zofia Łucja Halina Jadwiga Aleksandra Weronika Grażyna Bożena Justyna Paulina"
        ),
        _words(
            "Nowak Kowalska Wójcik Kowalczyk Kamińska Lewandowska Zielińska Szymańska Woźniak "
            "Dąbrowska Kozłowska Jankowska Mazur Krawczyk Piotrowska Grabowska Pawłowska "
            "Michalska Król Wieczorek Jabłońska Wróbel Majewska Olszewska Stępień Malinowska "
            "Jaworska Adamczyk Dudek Górska Sikora Żak Ślusarczyk Ćwiklińska"
        ),
    ),
    men=(
        _words(
            "Paweł Michał Łukasz Grzegorz Tomasz Krzysztof Andrzej Stanisław Wojciech Jarosław "
            "Zbigniew Mateusz Bartłomiej Kamil Rafał Sławomir Przemysław Władysław Jan Marcin"
        ),
        _words(
            "Nowak Kowalski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański Woźniak "
            "Dąbrowski Kozłowski Jankowski Mazur Krawczyk Piotrowski Grabowski Pawłowski "
            "Michalski Król Wieczorek Jabłoński Wróbel Majewski Olszewski Stępień Malinowski "
            "Jaworski Adamczyk Dudek Górski Sikora Żak Ślusarczyk Ćwikliński"
        ),
    ),
    places=(
        ("Warszawa", "00-193"),
        ("Kraków", "31-072"),
        ("Łódź", "90-361"),
        ("Wrocław", "50-079"),
        ("Poznań", "61-806"),
        ("Gdańsk", "80-831"),
        ("Rzeszów", "35-064"),
        ("Białystok", "15-062"),
        ("Częstochowa", "42-217"),
        ("Zielona Góra", "65-048"),
    ),
    streets=_lines(
        """ul. Długa
        ul. Świętojańska
        ul. Żeromskiego
        ul. Piękna
        ul. Lipowa
        ul. Kościuszki
        ul. Słowackiego
        al. Niepodległości
        ul. Źródlana
        pl. Wolności"""
    ),
    trades=_lines(
        """Piekarnia Złoty Kłos
        Gabinet Stomatologiczny Uśmiech
        Biuro Rachunkowe Bilans
        Hurtownia Ogrodnicza Zieleń
        Przychodnia Zdrowie
        Kancelaria Prawna Paragraf
        Serwis Rowerowy Łańcuch
        Szkoła Językowa Słówko
        Transport Żubr
        Pracownia Krawiecka Nić"""
    ),
    company_forms=("sp. z o.o.", "S.A.", "sp.k."),
    job_titles=_lines(
        """kierownik biura
        główna księgowa
        dyrektor sprzedaży
        administrator systemów
        specjalista ds. obsługi klienta"""
    ),
    domains=("poczta.example", "example.com", "firma.example", "example.net"),
)

ESTONIA = Lexicon(
    entity="EE",
    language="et",
    country="EE",
    calling_code="372",
    mobile=("52", "54", "55", "56", "58"),
    mobile_length=8,
    women=(
        _words(
            "Kadri Liina Õie Külli Tiina Kersti Piret Mari Maarja Ülle Kätlin Sirje Helle Anu "
            "Pille Triin Kärt Leelo Eha Merike"
        ),
        _words(
            "Tamm Saar Sepp Mägi Kask Kukk Rebane Ilves Pärn Koppel Lepik Õunapuu Käär Põld "
            "Tõnisson Väli Raudsepp Jõgi Kütt Nõmm Leppik Vaher Roos Sild Ränk Allik Oja Luik "
            "Hein Kõiv"
        ),
    ),
    men=(
        _words(
            "Jaan Tõnu Ülo Märt Kristjan Rein Toomas Indrek Jüri Priit Andres Peeter Kaarel "
            "Rasmus Tõnis Väino Urmas Mihkel Ants Lauri"
        ),
        _words(
            "Tamm Saar Sepp Mägi Kask Kukk Rebane Ilves Pärn Koppel Lepik Õunapuu Käär Põld "
            "Tõnisson Väli Raudsepp Jõgi Kütt Nõmm Leppik Vaher Roos Sild Ränk Allik Oja Luik "
            "Hein Kõiv"
        ),
    ),
    places=(
        ("Tallinn", "10145"),
        ("Tartu", "51003"),
        ("Pärnu", "80010"),
        ("Võru", "65606"),
        ("Jõhvi", "41531"),
        ("Rakvere", "44306"),
        ("Põltsamaa", "48103"),
        ("Kärdla", "92413"),
    ),
    streets=_lines(
        """Pärnu mnt
        Õie tänav
        Väike-Kaare tänav
        Kase tänav
        Põhja puiestee
        Rüütli tänav
        Jõe tänav
        Ülikooli tänav"""
    ),
    trades=_lines(
        """Rukkilille Apteek
        Põhjala Puit
        Väike Kohvik
        Tõrva Talu
        Kõrgepinge Elekter
        Mereääre Hambaravi
        Sõbra Autoremont
        Õppekeskus Täht"""
    ),
    company_forms=("OÜ", "AS"),
    job_titles=_lines(
        """büroojuht
        raamatupidaja
        müügijuht
        süsteemiadministraator
        klienditeenindaja"""
    ),
    domains=("post.example", "example.com", "firma.example", "example.org"),
)

LATVIA = Lexicon(
    entity="LV",
    language="lv",
    country="LV",
    calling_code="371",
    mobile=("20", "22", "25", "26", "27", "28"),
    mobile_length=8,
    women=(
        _words(
            "Anna Kristīne Ilze Inese Līga Dace Zane Māra Baiba Sanita Agnese Evija Žanete "
            "Rūta Ināra Vēsma Laima Sintija Gunta Elīna"
        ),
        _words(
            "Bērziņa Kalniņa Ozoliņa Jansone Liepiņa Krūmiņa Balode Eglīte Zariņa Pētersone "
            "Vītola Kļaviņa Kārkliņa Vanaga Šmite Ābola Ķēniņa Žagare Siliņa Dūma Rozīte Āboliņa "
            "Grīnberga Lāce"
        ),
    ),
    men=(
        _words(
            "Jānis Andris Juris Edgars Mārtiņš Pēteris Aivars Guntis Valdis Kārlis Raivis Ģirts "
            "Ēriks Uldis Ainārs Māris Viesturs Roberts Gatis Imants"
        ),
        _words(
            "Bērziņš Kalniņš Ozoliņš Jansons Liepiņš Krūmiņš Balodis Eglītis Zariņš Pētersons "
            "Vītols Kļaviņš Kārkliņš Vanags Šmits Ābols Ķēniņš Žagars Siliņš Dūms Rozītis Āboliņš "
            "Grīnbergs Lācis"
        ),
    ),
    places=(
        ("Rīga", "LV-1050"),
        ("Liepāja", "LV-3401"),
        ("Jūrmala", "LV-2015"),
        ("Cēsis", "LV-4101"),
        ("Rēzekne", "LV-4601"),
        ("Jēkabpils", "LV-5201"),
        ("Kuldīga", "LV-3301"),
    ),
    streets=_lines(
        """Brīvības iela
        Krišjāņa Barona iela
        Ģertrūdes iela
        Dzirnavu iela
        Ķīpsalas iela
        Lāčplēša iela
        Ūdens iela"""
    ),
    trades=_lines(
        """Zobārstniecība Pērle
        Ceļojumu birojs Vējš
        Maizes ceptuve Rudzupuķe
        Būvfirma Pamats
        Autoserviss Ātrums
        Valodu skola Vārds
        Grāmatnīca Lāsīte"""
    ),
    company_forms=("SIA", "AS"),
    job_titles=_lines(
        """biroja vadītāja
        grāmatvede
        pārdošanas vadītājs
        sistēmu administrators
        klientu konsultante"""
    ),
    domains=("pasts.example", "example.com", "birojs.example", "example.org"),
)

ABROAD = Lexicon(
    entity="EE",
    language="en",
    country="EE",
    calling_code="372",
    mobile=("50",),
    mobile_length=8,
    women=(
        _words("Emily Grace Sarah Charlotte Fiona Rachel Zoë Helen Chloë Laura"),
        _words("Hughes Bennett O'Brien Fletcher Marsh Doyle Palmer Ashworth Reid Thornton"),
    ),
    men=(
        _words("James Oliver Thomas Patrick George Daniel Simon Edward Colin Adam"),
        _words("Hughes Bennett O'Brien Fletcher Marsh Doyle Palmer Ashworth Reid Thornton"),
    ),
    places=(("Tallinn", "10111"), ("Tartu", "51005"), ("Pärnu", "80018")),
    streets=("Narva mnt", "Tartu mnt", "Kalda tee", "Vabaduse puiestee"),
    trades=_lines(
        """Harbour Lane Consulting
        Northlight Travel
        Saltmarsh Software
        Cobble Street Coffee
        Fairweather Recruitment"""
    ),
    company_forms=("OÜ", "Ltd"),
    job_titles=("office manager", "head of sales", "bookkeeper", "systems administrator"),
    domains=("mail.example", "example.com", "office.example", "example.net"),
)

# How often each appears among ten generated customers.
MIX = (POLAND,) * 5 + (ESTONIA,) * 2 + (LATVIA,) * 2 + (ABROAD,)
