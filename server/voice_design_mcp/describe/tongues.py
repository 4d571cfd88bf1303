"""How the six languages of the ten that share the Latin script are told apart, and what else a letter tells, as data.

Words that several languages use stand in each list and weigh less for it. Pieces and letters are hints that support words.
"""

from __future__ import annotations

from typing import Final

WORDS: Final = {
    "en": (
        "a about above across after again against all almost along already also although always am among an and another "
        "any anything are around as at away back be became because become been before being best between book both "
        "breaking but by can cannot certain come could d day dear did die do does don down during each eight either else "
        "enough even evening every everybody everyone few find fine first five for forget four friends from gentlemen get "
        "give given go going good got great had happy has hat have having he hello her here hi him his home hour hours "
        "house how however i if in indeed instead into is it its just kind know ladies last least less let life like "
        "listeners listening little live ll long look love m made make many may me might more morning most much must my "
        "name new news next night nine no nor not nothing now of off often old on once one only or other others our out "
        "over own part people perhaps place please point quite rain rather re ready really s said same say see seven "
        "several she should show since six so some someone something soon stay still story such sun sure t take tell ten "
        "than thank thanks that the their them themselves then there therefore these they thing think this those though "
        "three through time to today together tomorrow tonight too toward two under until up upon us use ve very via "
        "voice want war was way we weather welcome well were what when where whether which while who whose why will wish "
        "with within without word work world would year yes yesterday yet you your"
    ),
    "de": (
        "ab aber alle allem allen alles als also am an ander andere auch auf aus bald bei beim bereits bin bis bist bitte "
        "da dafür damen damit danke dann darf das dass davon dazu dein deine dem den denn der deren des deshalb dessen "
        "dich die dies diese diesem diesen dieser dieses dir doch dort drei du durch ebenfalls ein eine einem einen einer "
        "eines einmal er erste ersten es etwas euch euer freude freuen freunde freut früh für ganz gegen geht gerade gern "
        "gerne gestern gibt gut gute guten guter habe haben hallo hat hatte heißt herr herren herzlich heute hier hätte "
        "hören hörer ich ihm ihn ihnen ihr ihre im immer in ins ist ja jahr jahre jede jeder jedoch jetzt kann kaum kein "
        "keine kennen kommen kommt können könnte lange leben letzte letzten liebe lieben lieber machen macht mal man "
        "manchmal mehr mein meine meisten mich mir mit morgen muss möchte müssen nach nachrichten nacht name nein neue "
        "neuen nicht nichts nie noch nun nur ob oder ohne schon schön schöne schöner sehr sei sein seine seit sich sie "
        "sind so sobald soll sollen sollte sondern sonne sowie spricht stadt stimme tage uhr um und uns unser unsere "
        "unter viel viele vielen vier vom von vor wann war waren warum was weg wegen weil weiter weitere welt wenn wer "
        "werde werden wetter wie wieder will willkommen wir wird wissen wo wochen wollen worden wurde wurden während wäre "
        "wünsche würde zeit zu zuhörer zum zur zusammen zwar zwei zwischen über"
    ),
    "it": (
        "a ad adesso agli ai al alcune alcuni alla alle allo allora altra altre altri altro amici amo anche ancora anni "
        "anno anzi appena ascoltatori avanti avere avete aveva avevo bella belle bello bene benvenuti benvenuto bisogno "
        "buon buona buonanotte buonasera buongiorno c cari caro casa che chi chiunque ci ciao cinque circa ciò colui come "
        "con contro cosa così cui d da dal dalla dalle davanti davvero dei del dell della delle dello dentro devi devono "
        "di dieci dire dobbiamo domani donne dopo dove dovrebbe due durante e ecco ed era eravamo esempio essere fa fare "
        "fatto felice finché fine fra fuori gente giornata giorni giorno già gli gran grande grazie ha hai hanno ho i "
        "ieri il in inoltre insieme intorno invece io l la le lei li libro lo loro lungo lì ma mai mattina me meglio "
        "mentre mi mia miei mio molta molte molto mondo musica n ne nei nel nella nelle nessuno niente no noi non nostra "
        "nostro notizie notte nove numero nuova nuovo o oggi ogni ognuno oltre ora ore ormai otto ovunque parte per "
        "perché perciò persone però piace più poco poi posso possono potrebbe prego presso prima primo proprio pure può "
        "qualche qualcosa qualcuno quale quali qualsiasi quando quanto quasi quattro quella quello questa queste questi "
        "questo qui quindi sa sarebbe sarà se secondo sei sembra sempre senza sera sette si sia siamo siano siete signore "
        "signori sole solo soltanto sono sopra sotto spesso sta stai stare stato stavo stessa stesse stesso su sua sul "
        "sulla suo suoi sì talvolta tanto te tempo ti tra tranne tre troppo trova tu tua tuo tutta tuttavia tutte tutti "
        "tutto uguale ultima ultimo un una uno uomo va vari vedere verso vi via viene vita voce voglio voi volta volte "
        "vostra vostri vostro vuole è"
    ),
    "pt": (
        "a agora ai ainda algo algum alguma alguém além amanhã amigos amor ano anos antes ao aos apenas aquela aquele "
        "aqui aquilo as assim através até bem boa boas bom bons cada caro caros casa certo cinco coisa coisas com como "
        "conosco contra d da daqui das de dela dele depois desde dessa desse desta deste dez dia dias disse disso diz "
        "dizer do dois dos duas durante e ela elas ele eles em enquanto entanto entre então era essa esse esta estamos "
        "estar estava este estou está estão eu favor faz fazer feliz fez fim foi for fora foram forma gente gosta gosto "
        "grande havia história hoje homem hora horas há igual ir isso isto jornal já lhe lhes livro livros logo lugar lá "
        "mais mal manhã mas me meio melhor menos mesma mesmo meu meus minha momento muita muito muitos mulher mundo mãe "
        "música na nada naquele nas nem nenhum nenhuma nessa nesta neste ninguém no noite nos nossa nosso notícias nova "
        "nove novo num numa nunca não nós número o obrigada obrigado oi oito olá onde ontem os ou outra outras outro "
        "outros ouvintes para parte pela pelas pelo pelos pessoas pode podem poder pois por porque portanto porém pouco "
        "pra precisa preciso previsão primeira primeiro pudesse quais qual qualquer quando quanto quase quatro que quem "
        "quer quero se segunda segundo sei seis seja sem semana sempre senhor senhora senhoras senhores ser seria será "
        "sete seu seus sim sob sobre sol somos sua suas são só tal também tanta tanto tarde te tem temos tempo tenho ter "
        "teu ti tinha tivesse toda todas todavia todo todos três tu tua tudo tão têm tínhamos um uma umas uns vai vamos "
        "vem ver vez vezes vida vinda vindo vindos você vocês vos vou voz várias vários vão à às é última último"
    ),
    "es": (
        "a acá además agua ahora ahí al algo alguien alguna algún allí amigos amor antes aquel aquella aquí así aunque "
        "ayer año años aún bien bienvenida bienvenidas bienvenido bienvenidos buen buena buenas bueno buenos cada casa "
        "casi ciertas cierto cinco como con contra cosa cosas creo cual cualquier cuando cuatro cuándo cuánto cómo d da "
        "de debe deben debido decir del dentro desde después dice dicho diez dijo donde dos durante día días dónde e "
        "ejemplo el ella ellas ellos embargo en encima encuentra entonces entre era eran eres es esa ese eso esta estaba "
        "establecido estamos estar estas este esto estos estoy está están favor feliz fin forma fue fuera fueron fuese "
        "gente gracias gran grande gusta ha hablar había hace hacer hacia han hasta hay haya he hecho hermoso historia "
        "hola hombre hora horas hoy hubo i igual jamás junto juntos la las le les libro libros llama lo los luego lugar "
        "luz manera mas mañana me mejor menos mes mi mientras mis misma mismo momento mucha mucho muchos mujer mundo muy "
        "más mí música nada nadie ni ninguna ninguno ningún no noche noches nos nosotros noticias nuestra nuestro nueva "
        "nueve nuevo nunca número o ocho os otra otras otro otros oyentes para parte permite pero poco poder podría por "
        "porque primera primero pronto puede pueden pues que queridos quien quiere quiero quizás quién qué sabe salir se "
        "sea sean según seis semana ser será sería señor señora señoras señores si sido siempre siete sigue siguiente sin "
        "sino sobre sol solo somos son soy su sus sé sí sólo tal también tan tanto tarde tardes te tenemos tener tenga "
        "tengo ti tiempo tiene tienen toda todas todavía todo todos trabajo tras tres tu tú un una unas uno unos usted "
        "ustedes va vamos varias varios ver vez vida vosotros voy voz y ya yo él última último"
    ),
    "fr": (
        "a ah ai aime ainsi allons alors ami amis an année ans après au aucun aucune auditeurs auditrices aujourd aurait "
        "aussi autre autres aux avait avant avec avez avoir avons beau beaucoup belle bien bienvenue bon bonjour bonne "
        "bonnes bonsoir c car ce cela celle celles celui cependant certaines certains ces cet cette ceux chaque chers "
        "chez chère ci cinq comme comment contre d dans de demain depuis dernier des dessous dessus deux devant dire dit "
        "dix doit donc dont du durant déjà elle elles en encore enfant ensemble entre environ es est et eu faire fait "
        "faut femme fin fois font fut gens grand grande heure heures heureux hier histoire homme hui huit ici il ils j "
        "jamais je jour journal journée jours jusqu jusque l la laquelle le lequel les leur leurs lire livre livres lors "
        "lorsque lui là m ma madame main maintenant mais mal malgré matin me mer merci mes mesdames messieurs mettre "
        "mieux moi moins mois mon monde monsieur mot musique même mêmes n ne neuf ni nom non nos notamment notre nous "
        "nouveau nouveaux nouvelle nouvelles nuit on ont ou oui outre où par parce parfois parler parmi part partie pas "
        "pays pendant petit petite peu peut peuvent peux plaît plus plusieurs plutôt point pour pourquoi pourtant pouvez "
        "pouvoir premier première prendre près puis puisque qu quand quatre que quel quelle quelque quelques qui quoi "
        "quoique rien s sa salut sans sauf savoir se selon sept sera serait seront ses seulement si sinon six soi soient "
        "soir soirée soit soleil sommes son sont sous souvent suis sur t ta tandis tant tard te tel telle temps tes toi "
        "ton toujours tous tout toute toutes trois trop très tu un une va vais venir vers veut veux vie ville vivre voici "
        "voilà voir voix vont vos votre vouloir vous vrai vraiment y à ça étaient était été êtes être"
    ),
}
"""The commonest words of each language, and those with which speech begins."""

PIECES: Final = {
    "en": "_th wh ck oo ow_ ee igh tion_ ing_ ould sh _wr ness_ ly_ ou tt ed_",
    "de": "sch cht ung_ keit_ heit_ lich ei ie tz _ge ck ig_ _ver _be tt eu",
    "it": "zione_ zioni_ mente_ gli zz cch ggi tt cc sci uo ando_ endo_ ss",
    "pt": "ção_ ções_ nh lh agem_ ão_ ões_ mente_ dade_ eiro eira ei ou ado_ ando_ endo_ os_ as_ ss",
    "es": "ción_ ciones_ ue ie mente_ dad_ ando_ iendo_ ado_ os_ as_ ez_",
    "fr": "tion_ eau oi ou eu eux_ aire_ ique_ ment_ ais_ ait_ ez_ aux_ ée_ ss tt ie ue",
}
"""Pieces that words of each language have more often than the others'; _ is the edge of a word."""

LETTERS: Final = {
    "de": "äöüß",
    "it": "àèéìòù",
    "pt": "ãõáâàéêíóôúç",
    "es": "ñáéíóúü",
    "fr": "éèêëàâîïôûùçœæ",
}
"""The letters beyond a to z that each language writes."""

FOREIGN_LETTERS: Final = "ąćęłńśźżåøðþčďěňřšťůžőűşğıțșăơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹđāēģīķļņū"
"""Letters that none of the six writes, but neighbours of theirs do."""

JAPANESE_ONLY_HAN: Final = (
    "亜悪囲壱栄営駅円塩応価絵拡覚楽勧歓観関気帰亀戯拠挙暁駆勲薫渓経継掲鶏撃倹剣圏検権険県験顕厳広効鉱黒済砕剤斎雑桜姉児実釈収獣縦渋処焼奨剰壌嬢浄"
    "畳譲醸図粋酔摂専銭繊戦総荘捜挿騒増臓蔵続対帯択沢単団弾遅鋳庁徴聴勅逓鉄転働峠徳読悩脳廃拝売髪抜払仏変舗満黙薬訳様謡頼覧竜両猟緑涙塁隷霊齢歴錬労録枠畑込匂々"
)
"""Han characters that Japanese writes and Chinese, in either form, does not."""

RUSSIAN_LETTERS: Final = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
