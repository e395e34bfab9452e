"""The language of a question: Welsh or English, by the small words and spellings that tell them apart."""

from __future__ import annotations

import re
import unicodedata

from handlers.faq_engine.text import LONGEST_QUESTION

WELSH = "cy"
ENGLISH = "en"

_WORD = re.compile(r"[^\W\d_]+")
# Words that most sentences need, in the one language and not in the other ("a", "am", "at", "i", "o" and "hi"
# are words of both).
_WELSH_WORDS = """
    y yr yw ydy ydi ydw ydych ydyn ydym yn sydd sy oes oedd bydd fydd byddaf byddai fyddai byddwn
    bod fod mae maen rydw rwy dw dwi rydych rydyn ddim dim nid na nad nac nes ac ag ar wrth gan gyda
    efo heb tan drwy trwy dros tros rhwng erbyn ynglyn ynghylch hyd oddi dan fy dy ei ein eich eu fi
    ti chi chwi ni nhw hwy fe fo mi beth pa pwy ble lle pryd pam sut faint sawl hwn hon hyn
    hynny honno hwnnw yma yna dyma dyna rhai rhyw pob bob holl llawer mwy llai arall eraill ond neu
    os fel hefyd felly achos oherwydd gallaf galla alla allaf allwn allwch allai gellir ellir gall
    allu gallu hoffwn hoffem hoffai eisiau angen rhaid cael gael gaf chaf caf cewch gawn wneud
    gwneud gwna wna wnewch mynd dod ddod roi rhoi gweld weld dweud ddweud dywedwch gofyn ofyn helo
    shwmae diolch croeso bore prynhawn nos gwelwch cymraeg gymraeg nghymraeg cymru gymru nghymru
    cyngor gyngor cynghorau gynghorau cynghorydd gynghorydd aelod aelodau aelodaeth ymuno rhwydwaith
    newydd mewn ers eto iawn da fawr mawr bach
"""
_ENGLISH_WORDS = """
    the is are was were be been being am an of and or not no yes it its this that these those there
    here what which who whom whose where when why how can could will would shall should may might
    must does did done have has had you your yours we our ours us they them their he she his her my
    me mine from with without into about for to in on by as if but so than then too any some all
    each every more most other out up get got want need please thanks hello know tell show find use
    make take help like many much new
"""
# Of neighbouring languages, with which nobody writes Welsh or English: without them, a circumflex or a "y"
# would make Welsh of French.
_OTHER_WORDS = """
    une est qui que quoi pour avec dans nous vous comment combien quand quel quelle quels quelles elle
    des du sont je el los las por como der das und ist wie wer nicht ein eine het een wat
"""
_OTHER_SHORT = re.compile(r"\b(?:l|j|qu|c|n|s|d)['’](?=[aeiouhàâéèêîôû])")
_OTHER_LETTERS = re.compile(r"[áàãåæçéèíìñóòõøœßúùüąćčęěğıłńřśşšžźżț¿¡]")
# "cyngor a'r rhwydwaith", "sy'n", "o'i gymharu", "a'u"
_WELSH_SHORT = re.compile(r"['’](?:r|n|w|i|u|ch|th)\b")
# What Welsh spelling has and English has not, and the other way round.
_WELSH_SPELLING = re.compile(
    r"[âêîôûŵŷ]|^(ll|ff|dd|rh|ngh|mh|nh|wy|yng|cy[dfnm]|gwa|gwe)|[wy]dd|oedd|wy|wr$|aeth|iaeth|iau$|iad$|edd$|ydd|yll|ych$"
)
_ENGLISH_SPELLING = re.compile(r"[kqvxzj]|tion|ing$|ough|ght|sh|ee|oo|ck|ly$|ed$")
_WORD_WEIGHT = 2
_WELSH = frozenset(_WELSH_WORDS.split())
_NOT_WELSH = frozenset([*_ENGLISH_WORDS.split(), *_OTHER_WORDS.split()])


def language_of(question: str) -> str:
    """``cy`` for a question in Welsh, else ``en``: also where nothing tells, and in any other language."""
    text = unicodedata.normalize("NFC", question[:LONGEST_QUESTION]).casefold()
    welsh = _WORD_WEIGHT * len(_WELSH_SHORT.findall(text))
    english = _WORD_WEIGHT * (len(_OTHER_SHORT.findall(text)) + len(_OTHER_LETTERS.findall(text)))
    for word in _WORD.findall(text):
        if word in _WELSH:
            welsh += _WORD_WEIGHT
        elif word in _NOT_WELSH:
            english += _WORD_WEIGHT
        elif _WELSH_SPELLING.search(word):
            welsh += 1
        elif _ENGLISH_SPELLING.search(word):
            english += 1
    return WELSH if welsh > english else ENGLISH
