"""The words of the seven dimensions, English and Chinese, as data.

A line says one thing: these words mean this value, for gender and age with a weight against other values ("*3", else 2: a noun
more than a hint). A phrase may stand in several lines and then means all of them; the longest phrase wins, so it also shields the
words inside it. Words without a trait of their own are in particles.py, ages in numbers in ages.py; what "high" and "slow" are
said of is found in scales.py. Values: the vendor's guide (Voice Design, "Description dimensions", of 2026-06-25), and finer ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Literal, NamedTuple

DIMENSIONS: Final = ("gender", "age", "pitch", "speed", "emotion", "characteristics", "use_case")

Gender = Literal["male", "female", "neutral"]
Age = Literal["child", "teen", "young", "adult", "middle", "senior"]

PITCHES: Final = ("low", "slightly low", "medium", "slightly high", "high")
SPEEDS: Final = ("slow", "slightly slow", "medium", "slightly fast", "fast")
STEPS: Final[Mapping[str, int]] = {value: place - 2 for scale in (PITCHES, SPEEDS) for place, value in enumerate(scale)}
"""Where a value of pitch or speed stands, from -2 (low, slow) to 2 (high, fast)."""

# The values that an engine renders. The tables know more ("sad", "nasal", "podcast"): such a dimension is stated all the same.
EMOTIONS: Final = ("cheerful", "lively", "calm", "gentle", "serious", "composed", "soothing", "rising")
CHARACTERISTICS: Final = (
    "deep",
    "resonant",
    "crisp",
    "husky",
    "mellow",
    "sweet",
    "powerful",
    "breathy",
    "childish",
    "bright",
)
USES: Final = ("news", "advertising", "audiobook", "animation", "assistant", "documentary")

TABLES: Final = {
    "gender": """
        female *3: female, females, little girl, small girl, college girl, girl next door, grown woman, woman, women
        female *3: lady, girl, gal, lass, schoolgirl, mother, mom, mum, mommy, mummy, grandmother, grandma, granny, nana
        female *3: aunt, auntie, sister, daughter, wife, queen, princess, witch, goddess, actress, hostess, heroine
        female *3: anchorwoman, businesswoman, spokeswoman, policewoman, saleswoman, girlfriend, nun, maiden
        female *3: 女, 女性, 女声, 女生, 女孩, 女孩子, 女子, 女人, 女士, 女音, 女郎, 女童, 女娃, 小女孩, 小姑娘, 小丫头
        female *3: 少女, 姑娘, 御姐, 萝莉, 少妇, 妇女, 妇人, 妈妈, 母亲, 奶奶, 外婆, 姥姥, 阿姨, 姐姐, 小姐姐, 妹妹
        female *3: 小姐, 太太, 老太太, 老奶奶, 老婆婆, 婆婆, 老妇人, 老妇, 大妈, 公主, 女王, 女神, 仙女, 淑女, 美女
        female *3: 女儿, 女友, 女朋友, 甜妹, 少女感, 学姐, 学妹, 师姐, 女高音, 女中音, 女低音
        female: feminine, womanly, motherly, maternal, ladylike, soprano, mezzo, alto, contralto
        female: 女性化, 母性
        female *1: she, her, hers, girlish, girly, tomboyish
        female *1: 她
        male *3: male, males, little boy, small boy, grown man, man, men, gentleman, gentlemen, guy, dude, chap, bloke
        male *3: lad, boy, schoolboy, father, dad, daddy, grandfather, grandpa, granddad, uncle, brother, son, husband
        male *3: king, prince, wizard, monk, priest, sir, actor, hero, anchorman, businessman, spokesman, policeman, salesman
        male *3: boyfriend, cowboy, knight
        male *3: butler
        male *3: 男, 男性, 男声, 男生, 男孩, 男孩子, 男子, 男人, 男士, 男音, 男童, 小男孩, 少年, 小伙子, 小伙, 小哥哥
        male *3: 正太, 汉子, 大汉, 硬汉, 爸爸, 父亲, 爷爷, 老爷爷, 外公, 姥爷, 叔叔, 大叔, 大爷, 伯伯, 老伯, 哥哥, 弟弟
        male *3: 先生, 老先生, 老头, 老汉, 老翁, 绅士, 王子, 国王, 皇帝, 将军, 儿子, 男友, 男朋友, 学长, 师兄, 公子
        male *3: 霸总, 男高音, 男中音, 男低音
        male: masculine, manly, fatherly, paternal, tenor, baritone, bass baritone
        male: 男性化, 阳刚
        male *1: he, his, him, boyish
        male *1: 他
        neutral *3: gender neutral, neutral gender, genderless, androgynous, non binary, nonbinary, unisex, gender fluid
        neutral *3: gender ambiguous, neither male nor female, male or female, female or male
        neutral *3: neither masculine nor feminine
        neutral *3: 中性, 中性化, 无性别, 雌雄莫辨, 男女莫辨, 亦男亦女, 不男不女, 性别模糊, 性别不限, 不限性别, 男女皆可
        neutral *3: 男女不限
        neutral: neutral
    """,
    "age": """
        child *5: child, children, kid, kids, toddler, infant, baby, preschooler, little girl, little boy, small girl
        child *5: small boy, schoolgirl, schoolboy, elementary school, primary school, elementary schooler
        child *5: 儿童, 小孩, 小孩子, 孩子, 孩童, 童声, 童音, 小女孩, 小男孩, 小朋友, 幼儿, 幼童, 宝宝, 婴儿, 女童, 男童
        child *5: 女娃, 小姑娘, 小丫头, 小学生, 娃娃音, 萝莉, 正太
        child *3: girl, boy, girls, boys, lad, lass
        child: 女孩, 男孩, 女孩子, 男孩子
        child *1: childish, childlike, babyish
        child *1: 稚嫩, 稚气, 童真, 孩子气, 奶声奶气, 奶音, 奶声
        teen *5: teen, teens, teenager, teenagers, teenage, teenaged, adolescent, high school student, high schooler
        teen *5: middle school student, middle schooler, high school
        teen *5: 青少年, 少年, 少女, 中学生, 高中生, 初中生, 豆蔻年华
        young *5: young adult, young adults, college student, university student, college girl, girl next door
        young *5: 青年, 中青年, 小伙子, 小伙, 小哥哥, 大学生, 研究生, 年轻人
        young *3: 年轻, 少妇, 御姐, 小姐姐
        young: young, younger, youthful, girlfriend, boyfriend
        young: 青春, 姑娘, 女友, 男友, 女朋友, 男朋友, 甜妹, 少年感, 少女感
        adult *4: adult, adults, grown up, grownup, grown man, grown woman
        adult *4: 成年, 成年人, 成人
        middle *5: middle aged, middle age, mid aged, midlife
        middle *5: 中年, 中年人, 壮年, 大叔, 叔叔, 阿姨, 大妈
        middle *1: mature
        middle *1: 成熟
        senior *5: elderly, senior, seniors, senior citizen, old age, geriatric, octogenarian, pensioner
        senior *5: 老年, 老年人, 老人, 老人家, 老者, 长者, 老太太, 老奶奶, 老爷爷, 老婆婆, 老妇人, 老妇, 老先生, 老头
        senior *5: 老汉, 老翁, 老伯, 年迈, 年老, 苍老, 老迈, 中老年, 爷爷, 奶奶, 外婆, 姥姥, 外公, 姥爷, 大爷, 婆婆
        senior *5: 白发
        senior *4: grandmother, grandma, granny, nana, grandfather, grandpa, granddad, old, older, elder, aged, aging
        senior *4: ageing
    """,
    "pitch": """
        high: soprano, treble, falsetto, shrill, squeaky, piercing, highpitched
        high: 高音, 女高音, 高亢, 尖锐, 尖细, 尖利, 尖声, 尖嗓, 高八度, 高音调
        slightly high: tenor
        slightly high: 男高音, 中高音
        medium: mid range, midrange, neither high nor low, neither low nor high
        medium: 中音, 中音区, 不高不低
        slightly low: baritone, alto, mezzo
        slightly low: 男中音, 女中音, 中低音
        low: bass, bass baritone, contralto, lowpitched
        low: 低音, 男低音, 女低音, 低音炮, 低音调, 音调低沉, 声调低沉
    """,
    "speed": """
        fast: rapid fire, fastpaced, quickfire
        fast: 飞快, 高速, 快节奏, 连珠炮
        slightly fast: lively pace, lively tempo, energetic pace
        slightly fast: 轻快, 明快
        medium: conversational pace, conversational speed, conversational tempo, neither fast nor slow
        medium: neither slow nor fast
        medium: 中速, 常速, 不快不慢, 不紧不慢, 不疾不徐, 不急不缓, 不缓不急, 快慢适中, 快慢得当
        slightly slow: unhurried, leisurely, relaxed pace, relaxed tempo, easy pace
        slightly slow: 舒缓, 娓娓道来
        slow: slowpaced, drawl, drawling, sluggish
        slow: 低速, 慢速, 慢节奏, 慢条斯理, 慢悠悠, 慢吞吞
    """,
    "emotion": """
        cheerful: cheerful, cheery, happy, joyful, joyous, joy, merry, jolly, jovial, upbeat, sunny, optimistic
        cheerful: light hearted, lighthearted, bright mood, smiling, delighted
        cheerful: 开朗, 欢快, 愉快, 愉悦, 快乐, 欢乐, 喜悦, 高兴, 开心, 阳光, 明快, 爽朗, 爽快, 乐观, 轻快, 喜庆, 欢喜
        lively: lively, energetic, energy, high energy, full of energy, full of life, vivid, excited, exciting
        lively: excitement, enthusiastic, enthusiasm, passionate, passion, vibrant, dynamic, spirited, animated, bubbly
        lively: perky, peppy, playful, mischievous, exuberant, vivacious, hyper, hyperactive, lively pace, lively tempo
        lively: energetic pace
        lively: 活泼, 元气, 热情, 活力, 激情, 兴奋, 朝气, 朝气蓬勃, 灵动, 俏皮, 调皮, 激昂, 高昂, 情绪高昂, 热血, 亢奋
        lively: 生动, 充满活力, 精力充沛, 顽皮
        calm: calm, relaxed tempo, even toned, even tempered, level headed, steady, tranquil, serene, placid, peaceful
        calm: collected, relaxed, laid back, low energy, easygoing, easy going, neutral tone, neutral emotion
        calm: neutral mood, low key, composure
        calm: 平静, 冷静, 平和, 平稳, 平缓, 宁静, 淡定, 沉静, 安静, 恬静, 淡然, 心平气和, 低调, 不紧不慢, 不疾不徐
        calm: 不急不缓, 不缓不急
        gentle: gentle, thoughtful, tender, warm, warmth, warm hearted, kind, caring, soft spoken, softspoken
        gentle: affectionate, compassionate, friendly, loving, considerate, motherly, graceful, elegant, intellectual
        gentle: sympathetic
        gentle: 温柔, 温和, 亲切, 知性, 温暖, 慈祥, 慈爱, 和蔼, 和蔼可亲, 柔情, 体贴, 温婉, 婉约, 优雅, 高雅, 友善, 友好
        gentle: 温馨, 暖心, 轻柔, 细腻
        serious: serious, solemn, stern, authoritative, authority, grave, formal, austere, strict, dignified, severe
        serious: no nonsense
        serious: 严肃, 庄重, 权威, 严厉, 庄严, 正式, 正经, 严谨, 凝重, 威严, 肃穆, 一丝不苟, 不苟言笑, 不怒自威
        composed: composed, steady, confident, confidence, poised, self assured, self confident, assured, unruffled
        composed: measured, stable, composure
        composed: 沉稳, 稳重, 从容, 从容不迫, 自信, 稳健, 镇定, 坚定, 干练, 端庄, 平稳, 不卑不亢, 不慌不忙, 慢条斯理
        composed: 淡定从容
        soothing: soothing, relaxing, healing, comforting, calming, reassuring, lulling, hypnotic, meditative
        soothing: relaxed pace
        soothing: 治愈, 疗愈, 安抚, 抚慰, 舒缓, 安心, 放松, 催眠, 助眠, 安慰, 娓娓道来
        rising: rising, upward, rising intonation, upward intonation, rising inflection, upward inflection
        rising: 上扬, 上挑, 扬起
        sad: sad, melancholy, melancholic, sorrowful, gloomy, mournful, wistful
        sad: 忧伤, 悲伤, 忧郁, 哀伤, 伤感, 低落, 情绪低落, 悲凉
        angry: angry, furious, irritated, aggressive
        angry: 愤怒, 生气, 暴躁, 怒气
        fearful: afraid, scared, fearful, timid, nervous, anxious
        fearful: 恐惧, 害怕, 紧张, 胆小, 怯生生
        mysterious: mysterious, eerie, sinister, menacing, creepy, evil, ominous
        mysterious: 神秘, 阴森, 邪恶, 阴险, 诡异, 阴沉
        cold: cold, aloof, icy, indifferent, detached, emotionless, deadpan
        cold: 冷漠, 冷酷, 高冷, 冰冷, 清冷, 淡漠
        romantic: seductive, sexy, sultry, flirty, romantic, sensual
        romantic: 性感, 魅惑, 诱惑, 妩媚, 撩人, 浪漫, 深情
        tired: tired, weary, sleepy, drowsy, lazy, languid
        tired: 慵懒, 疲惫, 懒散, 懒洋洋
        humorous: humorous, funny, witty, comedic, sarcastic, ironic
        humorous: 幽默, 搞笑, 诙谐, 讽刺, 滑稽
        proud: proud, arrogant, haughty
        proud: 傲慢, 高傲, 傲娇, 霸气
        shy: shy, bashful
        shy: 害羞, 腼腆, 羞涩
        professional: professional, businesslike
        professional: 专业, 职业感
    """,
    "characteristics": """
        deep: deep, deep toned, rumbling, rumble, cavernous
        deep: 低沉, 深沉, 厚重, 沉厚, 低哑, 低音炮, 音调低沉, 声调低沉
        resonant: resonant, resonance, resonating, rich, sonorous, magnetic, magnetism, full bodied, orotund
        resonant: reverberant
        resonant: 磁性, 洪亮, 浑厚, 雄浑, 共鸣, 饱满, 宽厚
        crisp: crisp, clear, clarity, precise, precision, distinct, articulate, articulation, enunciation, enunciated
        crisp: diction, clean, crystal clear, clear cut
        crisp: 清脆, 清晰, 清亮, 清澈, 清楚, 字正腔圆, 吐字, 咬字, 利落, 干脆, 干净, 脆生生
        husky: husky, hoarse, raspy, rasp, gravelly, gravel, smoky, rough, gruff, scratchy, croaky, growl, growling
        husky: growly, coarse, throaty, vocal fry, weathered
        husky: 沙哑, 嘶哑, 烟嗓, 粗哑, 暗哑, 沙沙, 粗糙, 粗犷, 低哑, 哑, 气泡音, 沧桑
        mellow: mellow, smooth, velvety, velvet, soft, silky, silken, creamy, round, rounded, buttery
        mellow: 醇厚, 圆润, 温润, 柔和, 柔美, 丝滑, 绵软, 柔软, 顺滑
        sweet: sweet, cute, adorable, sugary, honeyed
        sweet: 甜美, 甜, 甜蜜, 甜糯, 可爱, 软糯, 软萌, 萌, 娇甜, 娇美, 甜妹
        powerful: powerful, power, strong, strength, forceful, booming, commanding, thunderous, robust, muscular
        powerful: 有力, 铿锵, 雄浑, 洪亮, 响亮, 嘹亮, 高亢, 中气十足, 力量感, 强劲, 刚劲, 铿锵有力, 浑厚有力
        breathy: breathy, airy, whispery, whisper, whispering, whispered, asmr
        breathy: 气声, 气音, 耳语, 呢喃, 低语
        childish: childish, childlike, babyish, boyish, girlish, girly
        childish: 稚嫩, 稚气, 童真, 孩子气, 奶声奶气, 奶音, 奶声, 娃娃音
        bright: bright, brilliant, ringing, brassy
        bright: 明亮, 清亮, 透亮, 亮丽, 嘹亮, 亮堂
        thin: thin, reedy
        thin: 纤细, 单薄
        nasal: nasal
        nasal: 鼻音
        robotic: robotic, monotone, monotonous, mechanical, metallic
        robotic: 机械感, 机器人音, 单调, 电子音
        trembling: trembling, shaky, quavering, tremulous
        trembling: 颤抖, 颤音
    """,
    "use_case": """
        news: news, newscast, newscaster, newsreader, news anchor, news reading, broadcast, broadcasting, broadcaster
        news: announcer, anchor, anchorman, anchorwoman, bulletin, headlines, journalism, reporter
        news: 新闻, 新闻联播, 播报, 播音, 播音员, 播音腔, 主播, 记者, 报道, 广播, 快讯, 快报
        advertising: advertising, advertisement, advertisements, advert, ad, ads, advertise, commercial, commercials
        advertising: promo, promos, promotion, promotional, marketing, sales, sales pitch, salesman, saleswoman, product
        advertising: products, fashion, brand, trailer
        advertising: 广告, 带货, 直播带货, 推销, 宣传片, 宣传, 促销, 营销, 推广, 产品, 商品, 时尚, 品牌, 电商, 预告片
        audiobook: audiobook, audiobooks, audio book, audio books, book reading, story, stories, story to, stories to
        audiobook: bedtime story, bedtime stories, storytelling, storyteller, storybook, novel, novels, fiction
        audiobook: fairy tale, fairy tales, tale, tales, audiobook narration, audiobook narrator, audio book narration
        audiobook: audio book narrator, audiobook narrating, story narration, story narrator, novel narration
        audiobook: 有声书, 有声读物, 有声小说, 小说, 讲故事, 故事, 睡前故事, 童话, 朗读, 朗诵, 绘本, 书籍, 评书
        animation: animation, animated film, animated films, animated movie, animated movies, animated series
        animation: animated character, animated characters, animated show, animation character, game character
        animation: video game, cartoon, cartoons, anime, game, games, gaming, npc, character voiceover, character voice
        animation: character dubbing
        animation: 动画, 动画片, 动漫, 卡通, 游戏, 角色配音, 二次元
        assistant: assistant, assistants, voice assistant, virtual assistant, ai assistant, smart assistant, chatbot
        assistant: customer service, customer support, call center, call centre, helpdesk, hotline, ivr, phone menu
        assistant: voicemail, gps, navigation, navigator, receptionist, smart speaker, smart home, concierge
        assistant: 助手, 助理, 客服, 语音助手, 导航, 智能音箱, 智能家居, 前台
        documentary: documentary, documentary narration, documentary commentary, documentaries, docuseries, narration
        documentary: narrator, narrate, narrating, narrated, commentary, commentator
        documentary: 纪录片, 纪实, 旁白, 解说, 解说员, 讲解, 科普
        podcast: podcast, podcasts, podcaster, talk show, radio show
        podcast: 播客, 脱口秀, 电台
        teaching: teaching, teacher, lecture, lectures, lecturer, e learning, elearning, tutorial, tutorials, course
        teaching: courses, lesson, lessons, school teacher, kindergarten teacher
        teaching: 教学, 老师, 教师, 课程, 课堂, 培训, 幼儿园老师, 小学老师, 中学老师
        livestream: live stream, live streams, live streaming, livestream, livestreaming, live broadcast
        livestream: 直播, 直播间
        meditation: meditation, mindfulness, yoga, sleep
        meditation: 冥想, 瑜伽, 助眠
        hosting: host, presenter, emcee
        hosting: 主持, 主持人
        guide: audio guide, tour guide, museum
        guide: 导览, 导游
        drama: dubbing, film, films, movie, movies, radio drama, drama
        drama: 影视, 电影, 广播剧, 短剧, 配音剧
    """,
}


class Row(NamedTuple):
    """One phrase and one thing it means: a value of a dimension, or of a class of particles, and its weight."""

    kind: str
    value: str
    weight: int
    phrase: str


def rows(tables: Mapping[str, str]) -> Iterator[Row]:
    """Read tables of lines such as "female *3: woman, 女性"; a dash stands for no value."""
    for kind, table in tables.items():
        for line in table.strip().splitlines():
            head, _, phrases = line.strip().partition(": ")
            value, _, weight = head.partition(" *")
            for phrase in phrases.split(", "):
                yield Row(kind, "" if value == "-" else value, int(weight or 2), phrase)
