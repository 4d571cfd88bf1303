"""What is written with a full stop that ends no sentence, language by language, and which words open one. Data only.

Lists are lower case and without their last full stop. Single letters, numbers and letters with full stops between them
("z.B", "U.S", "S.p.A") need no entry.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True, slots=True)
class Habits:
    """How one language writes.

    Attributes:
        never: Abbreviations that something always follows: titles, "approx.", "z. B.".
        endings: How further such abbreviations end: "Hauptstr.".
        numbered: Words whose full stop belongs to the number behind it: "No. 5", "S. 12". Before a word they end sentences.
        closing: Abbreviations that may stand at the end of a sentence: "etc.", "Inc.".
        openers: Common first words; one of these after a `closing` abbreviation or an initial begins a sentence.
        ordinals: Whether "3." is "third", so that a short number and a full stop end no sentence.
    """

    never: frozenset[str] = frozenset()
    numbered: frozenset[str] = frozenset()
    closing: frozenset[str] = frozenset()
    openers: frozenset[str] = frozenset()
    endings: tuple[str, ...] = ()
    ordinals: bool = False


def _habits(*, never: str, numbered: str, closing: str, openers: str) -> Habits:
    return Habits(
        never=frozenset(never.split()),
        numbered=frozenset(numbered.split()),
        closing=frozenset(closing.split()),
        openers=frozenset(openers.split()),
    )


_ENGLISH: Final = _habits(
    never="""dr mr mrs ms messrs prof rev hon pres gov sen rep gen col maj capt cmdr lt cpl sgt pvt adm supt insp mt
        approx appt cf vs viz dept est fr br st ste misc""",
    numbered="""no nos p pp vol vols ch chap fig figs sec sect art eq ex op par para pt jan feb mar apr jun jul aug sep
        sept oct nov dec""",
    closing="""etc inc ltd co corp bros llc plc jr sr esq ave blvd rd hwy mon tue tues thu thurs fri eds al
        tel ext ft oz lb lbs sq temp min max a.m p.m""",
    openers="""the a an it he she they we i you my his her its our their your this that these those there here how what why
        when where who which if in on at but and so as for from after before no yes one some many most let now then please""",
)
_GERMAN: Final = replace(
    _habits(
        never="""dr prof hr fr frl dipl ing mag herrn fa bzw ca vgl evtl ggf inkl exkl zzgl abzgl einschl sog gem lt bspw
        insb kath allg ausschl bez entspr geb gest ehem hl hrsg jhd jh led med nat phil rer mind max min mio mrd mwst od röm
        sen st str tel u usf verh vs zw zzt urspr wg""",
        numbered="s nr nrn abs art kap bd bde abb tab ziff aufl ausg fn par jan feb mär apr jun jul aug sep sept okt nov dez",
        closing="usw etc pp ff f co kg jun std sek mo mi do sa tsd stk ggmbh",
        openers="""der die das ein eine er sie es ich wir du ihr dies diese dieser dieses da dann dort hier heute jetzt nun so
        in im am auf aber und doch wie was wer wo warum wann nach vor mit bei als wenn auch alle man mein sein unser""",
    ),
    endings=("str",),
    ordinals=True,
)
_FRENCH: Final = _habits(
    never="""m mm mme mmes mlle mlles me mgr dr pr prof st ste sts stes cf env av bd boul ex éd chev gén cap lt col adj
        sgt hab apr ms""",
    numbered="p pp n no nos nᵒ art chap fig vol t tél réf al éd ép § janv févr avr juil sept oct nov déc",
    closing="etc cie co ltd sté inc al suiv max min apr j.-c",
    openers="""le la les l un une des il elle ils elles on je tu nous vous c ce cet cette ces mon ma mes son sa ses notre
        votre leur dans en au aux à mais et donc puis alors si quand comme pour par avec qui que quoi où""",
)
_SPANISH: Final = _habits(
    never="""sr sra srta sres sras dr dra dres d dña dn prof profa lic ing arq gral cap cnel tte sgto mons fr sto sta
        av avda ej aprox ca cf gob dept dpto excmo excma ilmo ilma ntra ntro admón adm prov pza plza ctra atte""",
    numbered="""pág págs p pp núm núms nº n art arts cap caps vol vols fig figs tel tels apdo ed s t v inc tomo km no n°
        lun mar mié jue vie sáb dom ene feb mar abr may jun jul ago sep sept oct nov dic""",
    closing="etc ud uds vd vds cía ltda s.a s.l ee uu ff jr hnos m min seg",
    openers="""el la los las un una él ella ellos ellas yo tú nosotros esto este esta estos estas eso ese esa aquí allí
        en al a pero y luego después cuando si no sí como para por con qué quién su sus mi mis hay es se lo""",
)
_ITALIAN: Final = _habits(
    never="""sig sigg sig.ra sig.na sig.re dott dott.ssa prof prof.ssa avv ing arch geom rag on sen gen col cap ten mons
        s ss ad es v vd cfr ca circa c.so p.zza v.le ecc.mo gent.mo egr spett fr cav comm pres dr dr.ssa""",
    numbered="""pag pagg p pp n nr num art artt cap capp vol voll fig figg tel t sez tab ed nn n°
        lun mar mer gio ven sab dom gen feb mar apr mag giu lug ago set sett ott nov dic""",
    closing="ecc etc a.c d.c s.p.a s.r.l coop f.lli min max all",
    openers="""il lo la i gli le l un uno una egli ella lui lei loro io tu noi voi questo questa questi queste quello
        quella qui là in nel nella al alla ma e poi dopo quando se come per con chi che cosa non mi ci si è sono ha""",
)
_PORTUGUESE: Final = _habits(
    never="""sr sra srta srs sras dr dra drs dras d dom dona prof profa profs eng enga arq gen cel cap ten sgt exmo exma
        exa sa ilmo ilma av r pça al ex aprox ca cf gov dep depto min pe fr sto sta séc ltd lg mons""",
    numbered="pág págs p pp núm n nº art arts cap caps vol vols fig figs tel tels ed inc t v séc tomo km",
    closing="etc cia ltda s.a jr fls ap apto obs",
    openers="""o a os as um uma uns umas ele ela eles elas eu tu nós você vocês isto este esta isso esse essa aqui ali
        em no na nos nas ao à mas e depois então quando se como para por com que quem seu sua meu minha há é não sim""",
)
_RUSSIAN: Final = _habits(
    never="""т тов г-н г-жа проф акад доц св преп архиеп ул пр просп пер пл наб ш бул обл р-н респ пос дер см ср
        напр т.е т.к т.н т.ч т.о прибл ок ориг англ фр лат греч рус букв чл корп илл канд докт инж полк ген""",
    numbered="с стр рис гл табл п пп ч т тт № разд абз вып изд прим ст д кв оф тел ок",
    closing="др пр д п т.д т.п г гг в вв н.э руб коп млн млрд тыс кг гр км см мм мин сек экз чел доб шт им",
    openers="""он она оно они я ты мы вы это этот эта эти тот та те там тут здесь в во на но и а да нет потом затем тогда
        когда если как что кто где почему по при после до за с со у к его её их мой наш все всё так теперь""",
)

HABITS: Final[dict[str, Habits]] = {
    "en": _ENGLISH,
    "de": _GERMAN,
    "fr": _FRENCH,
    "es": _SPANISH,
    "it": _ITALIAN,
    "pt": _PORTUGUESE,
    "ru": _RUSSIAN,
    # Where these write Latin abbreviations, they are English ones.
    "zh": _ENGLISH,
    "ja": _ENGLISH,
    "ko": replace(_ENGLISH, ordinals=True),
}
"""By language code. A language that is not here is read by the rules alone."""
