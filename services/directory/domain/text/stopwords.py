"""Danish words too common to tell offers apart; neither indexed nor asked for."""

from services.directory.domain.text.letters import words

# Not among them: alene, uden, selv, ny - they tell something of a family.
STOPWORDS = frozenset(
    words("""
    ad af aldrig alle allerede alligevel alt altid anden andet andre at bare begge blev blevet blive bliver bl ca da de
    deltage deltager dem den denne der deres derfor dermed det dette dig din dine disse dit dog du eksempelvis
    for frem før til på efter eller ellers en end endnu
    enten er et evt fik fordi fra fx få får først gennem gerne gør gøre ham han
    hans har havde have heller hen hende hendes her hos hun hvad hver hvert hvilke hvilken hvilket hvis hvor
    hvordan hvorfor hvornår hvem i igen igennem ikke ind inden ingen ja jeg jer jeres jo kan kom komme kommer kun
    kunne lige man mange med meget mellem men mens mere mest mig min mine mit mod mulighed må måde måden måder nej
    nemlig nogen noget nogle nok nu når nær næsten og også om omkring op os over pga på samme samt se selvom sig sin
    sine sit skal skulle snart som stadig så sådan tage tager tit til tilbud tilbuddet tilbuddene tilbydes tilbyder
    tilbudt ud under undervejs var ved vi via vil ville vor vores vært være været
    """)
)
