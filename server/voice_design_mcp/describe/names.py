"""What names are recognised by, English and Chinese, as data. Who is famous is not decided: shape and place tell a name."""

from __future__ import annotations

from typing import Final

_GIVEN: Final = """
    adam adele alan alec alex alicia amy andrew angela angelina ann anna anne anthony antonio ariana arnold audrey barack
    barbra ben benedict benjamin betty beyonce beyoncé billie bobby brad brian britney bruce bryan cameron carl cary cate
    catherine celine charles charlie charlize chloe chris christopher cillian cindy clint colin courtney daniel danny david
    denzel diana dolly donald dwayne dylan eddie edward elizabeth ella ellen elon elton elvis emily emma eric ethan eva ewan
    freddie gary george gordon greta halle hannah harrison harry heath helen helena henry hillary howard hugh ian idris jackie
    jacob james jane janet jason jeff jennifer jeremy jessica jim jimmy joan joe joel john johnny jonathan jordan joseph josh
    judi judy julia julie julianne justin kanye kate katherine katy keanu keira kelly ken kevin kobe kristen lana larry laura
    lauren leonardo leslie liam lisa liz louis lucy lupita madonna maggie marcus margaret margot maria marilyn marlon martha
    martin mary matt matthew megan mel meryl michael michelle mick mike miley morgan naomi natalie neil nick nicki nicole
    oliver oprah orson owen patrick paul pedro penelope peter phil quentin rachel ralph rebecca reese richard ricky rihanna
    robert robin roger ron rowan russell ryan samuel sandra sarah scarlett sean selena seth shakira sharon sigourney simon
    sophia stephen steve steven stevie sylvester taylor tilda tim tina tom tommy tony tupac uma viola walter whitney willem
    winona winston woody zendaya zoe alexa batman cortana dumbledore gandalf gollum hagrid shrek siri yoda
"""
_NO_NAMES: Final = """
    i a an the received pronunciation accent accented speaking january february march april may june july august september
    october november december monday tuesday wednesday thursday friday saturday sunday christmas easter halloween ramadan
    hanukkah thanksgiving american british english scottish irish welsh australian canadian indian chinese mandarin cantonese
    japanese korean french german italian spanish portuguese brazilian mexican russian arabic dutch swedish nordic european
    african asian latin latina latino southern northern western eastern midwestern texan cockney victorian edwardian
    shakespearean gregorian jamaican nigerian turkish london york paris texas beijing shanghai hollywood bollywood broadway
    oxford cambridge city america england scotland ireland australia india china japan korea france germany italy spain
    portugal brazil mexico russia europe africa asia bbc npr cnn ai tts gps ivr asmr tv fm dj rpg npc voiceover internet
    youtube
"""
_CHINESE: Final = """
    金属 金石 黄莺 黄鹂 黄昏 温水 温泉 石头 石子 石磨 高山 江水 江河 江南 白雪 白云 白开水 白纸 方言 马蹄 雷声 雷电 雷鸣 钟声
    钟表 路人 车轮 车间 水晶 水滴 水流 水珠 云朵 云雾 花朵 花瓣 山泉 山谷 山涧 秋风 秋叶 秋天 夏天 夏夜 明月 明星 梅花 童年
    家人 龙吟 鱼儿 古人 古琴 古钟 古井 农民 农夫 公司 公园 国外 国内 文人 文学 红酒 红糖 管家 管风琴 经理 师傅 宫廷 车站 司机
    安静 相声 相声演员 简单 双簧 单簧管 常人 成年人 和尚 和风 连珠 容易 游戏 全家 应急 解说 计算机 时钟 时间 任何人 任何 严师
    强盗 曲艺 边境 满月 广播 向导 居士 马戏 钢琴 项目 都市 毛毯 毛绒 蓝调 蓝天 雷公 龙王 皮革 卫士 米酒 苏打水
"""

GIVEN_NAMES: Final = frozenset(_GIVEN.split())
"""Told as names without a capital letter too, after a word that asks for likeness; some characters among them."""
NOT_NAMES: Final = frozenset(_NO_NAMES.split())
"""Capitalised words that name no person."""
SURNAMES: Final = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳"
    "酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞"
    "熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯管卢莫经房裘缪干解应宗丁宣邓郁单"
    "杭洪包诸左石崔吉龚程嵇邢裴陆荣翁荀羊惠甄曲封储靳段焦巴牧山谷车侯全班仰秋仲伊宫宁仇栾甘武符刘景詹束龙叶司黎薄印白蒲鄂卓蔺"
    "屠蒙池乔胥能苍双闻党翟谭贡姬申冉桑桂边尚农温庄晏柴瞿阎慕连习艾鱼容向古易廖居衡步都耿满弘匡国文寇广欧沃利蔚越隆师巩聂晁敖"
    "融冷辛阚那简饶曾关相查后荆红游权盖益桓公葫撒"
)
NOT_CHINESE_NAMES: Final = tuple(_CHINESE.split())
"""Words that begin as a surname does."""
