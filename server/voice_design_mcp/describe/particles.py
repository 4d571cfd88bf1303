"""The words that carry no trait by themselves but decide what their neighbours mean, as data.

level     a place on a scale: needs a topic beside it, or stands for its own
topic     what a level is a level of; "voice" serves pitch only for high and low, "other" is neither pitch nor speed
degree    how much; "too" turns a negated level into a medium one
filler    may stand between a level and its topic
copula    may stand between a topic and its level
negation  the traits after it are not wanted, until a break
break     ends what a negation reaches
joint     and, or
article   begins a new noun phrase
address   speech is addressed to whoever follows: they listen, they do not speak
crowd     people in the plural, who may be listeners
media     made for a crowd ("children's books"); goods too, whatever the crowd
part      a part in a play: the crowd before it does speak
nothing   a phrase that only shields the words inside it
"""

from __future__ import annotations

from typing import Final

TABLES: Final = {
    "level": """
        high: high, elevated, raised
        high: 高
        slightly high: higher, on the high side, on the higher side, mid high, medium high, medium to high, mid to high
        medium: medium, mid, middle, moderate, average, normal, standard, regular, natural, neutral, steady, even
        medium: stable, consistent, constant, measured, balanced
        medium: 中等, 适中, 居中, 正常, 均匀, 平均, 平稳, 平缓, 稳定, 自然
        slightly low: lower, on the low side, on the lower side, mid low, medium low, low to medium, low medium
        slightly low: low to mid, medium to low
        low: low, lowered
        low: 低
        fast: fast, quick, rapid, brisk, swift, hurried, speedy
        fast: 快, 快速, 迅速, 急促
        slightly fast: 中等偏快, 适中偏快, 中偏快
        slightly slow: 中等偏慢, 适中偏慢, 中偏慢
        slightly high: 中等偏高, 适中偏高, 中偏高
        slightly low: 中等偏低, 适中偏低, 中偏低
        slightly fast: faster, quicker, on the fast side, medium fast, medium to fast, mid to fast
        slightly slow: slower, on the slow side, medium slow, slow to medium, medium to slow
        slow: slow
        slow: 慢, 缓慢, 徐缓, 迟缓
    """,
    "topic": """
        pitch: pitch, pitched, pitches, register, notes, vocal range, octave
        pitch: 音调, 音高, 声调, 调子, 音域, 调门
        speed: speed, pace, paced, pacing, rate, tempo, rhythm, cadence
        speed: 语速, 速度, 节奏, 语流, 说话, 讲话, 说得, 讲得
        voice: voice, voiced, voices, vocals, tone, toned, tones, timbre, sound, sounding, intonation
        voice: 声音, 声线, 嗓音, 嗓子, 音色, 语调, 人声, 声
        other: volume, energy, quality, intensity, fidelity, loudness
        other: 音量, 情绪, 能量, 质量, 品质, 音质, 响度
    """,
    "degree": """
        slight: slightly, a bit, a little, a little bit, a touch, a tad, somewhat, mildly, marginally, moderately
        slight: relatively, fairly
        slight: 偏, 略, 略微, 略显, 稍, 稍微, 稍显, 微, 微微, 有点, 有点儿, 有些, 一点, 一点点, 一些, 些, 相对
        strong: very, extremely, really, quite, rather, pretty, highly, notably, noticeably, particularly, exceptionally
        strong: super, much, far, significantly, overly, so
        strong: 很, 非常, 十分, 特别, 极, 极其, 极为, 较, 较为, 比较, 更, 最, 超, 挺, 颇, 相当
        too: too, overly, excessively, very
        too: 太, 过, 过于, 过分, 很, 那么
    """,
    "degree after": """
        slight: 一点, 一点儿, 一点点, 一些, 些
    """,
    "filler": """
        -: speaking, talking, speech, vocal, reading, delivery, spoken, overall, in, its
        -: 的, 地
    """,
    "copula": """
        -: is, are, was, both, remains, stays, kept, sounds, should be, set to, at
        -: 是, 为, 要, 得, 显得, 保持, 均, 都, 应, 需, 呈, 上, 方面
    """,
    "negation": """
        -: not, no, never, without, neither, nor, non, isn t, aren t, doesn t, don t, won t, shouldn t, can t, cannot
        -: hardly, less, lacking, lacks, devoid of, free of, free from, avoid, avoids, avoiding, rather than, instead of
        -: as opposed to, anything but
        -: 不, 没, 没有, 无, 勿, 别, 非, 不要, 不是, 不能, 不会, 不可, 不带, 不含, 不显, 并非, 并不, 绝不, 毫不, 毫无
        -: 避免, 切忌, 拒绝, 缺乏, 禁止, 而非, 去除
    """,
    "break": """
        -: but, yet, however, though, although, while, with, who, which, instead, rather, because, then, still
        -: 的, 而, 而是, 但, 但是, 却, 不过, 同时, 且, 并, 并且, 而且, 以及, 只是, 适合, 用于
    """,
    "joint": """
        -: and, or, &, /, plus, to, 、
        -: 和, 与, 及, 或, 或者
    """,
    "article": """
        -: a, an, the, this, that, her, his, its, their, has, having, speaks, speaking, suitable, suited
        -: 一个, 一位, 一名
    """,
    "address": """
        for: for, aimed at, geared toward, geared towards, targeted at, targeting, intended for
        for: 给, 对, 向, 面向, 针对, 适合, 陪, 哄, 逗
        to: speaking to, talking to, talks to, speaks to, reading to, reads to, appeal to, appeals to, appealing to
        to: story to, stories to, addressed to, directed at, catering to, explaining to, singing to
    """,
    "crowd": """
        -: children, kids, teens, teenagers, toddlers, babies, seniors, adults, young adults, women, men, girls, boys
        -: ladies, gentlemen, females, males, elderly, people, audience, audiences, listeners, youngsters, students
        -: folks
        -: 儿童, 孩子, 小朋友, 宝宝, 幼儿, 婴儿, 青少年, 少年, 少女, 青年, 年轻人, 老年, 老人, 老年人, 成人, 成年人
        -: 女性, 男性, 女士, 男士, 妇女, 女生, 男生, 孩童, 学生, 小学生, 中学生, 高中生, 大学生, 中老年
    """,
    "media": """
        media: book, books, story, stories, bedtime story, bedtime stories, storybook, storybooks, tale, tales
        media: audiobook, audiobooks, program, programs, programme, programmes, show, shows, content, tv, television
        media: education, literature, fiction, songs, rhymes, channel, animation, cartoon, cartoons, apps
        media: 故事, 读物, 节目, 有声书, 有声读物, 绘本, 教育, 频道, 内容, 文学, 童话, 动画, 动画片
        goods: products, fashion, clothing, market, magazine, audience, listeners, toys
        goods: 用品, 产品, 服装, 服饰, 市场, 群体, 观众, 听众, 用户, 受众, 消费者, 杂志, 向, 漫画, 玩具, 护肤, 护肤品
        goods: 化妆品
    """,
    "part": """
        -: character, characters, role, roles, protagonist, voice, voices, voiceover
        -: 角色, 人物, 形象, 主角, 配角, 配音, 声音
    """,
    "nothing": """
        -: not only, not just, not merely, not simply, no doubt, no less than, no more than, no older than
        -: not older than, less than, more or less, never loses, never losing, without losing, without sacrificing
        -: not yet, kind of, kinds of, some kind, similar to, close to, akin to, as well as, high quality
        -: high definition, high fidelity, high end, high class, high tech, high standard, high standards, high level
        -: high resolution, high performance, high impact, high profile, high volume, low volume, low latency
        -: low quality, low cost, volume low, volume high, highlight, low noise, high emotion, high contrast
        -: pitch perfect, pitch deck, elevator pitch, fast food, fast fashion, quick witted, slow motion, long running
        -: neutral accent, standard accent, strong accent, thick accent, strongly, strong sense, soft drink, soft drinks
        -: energy drink, energy drinks, bass player, bass guitar, rich man, rich woman, rich in emotion, rich emotion
        -: rich emotions, clear that, deep learning, old friend, old friends, old school, old fashioned, old time
        -: old timey, old world, age old, old style, old soul, old english, old movie, old movies, old film, old films
        -: old radio, young at heart, senior executive, senior manager, senior engineer, senior editor
        -: senior correspondent, senior lecturer, senior official, years old, years of experience, high school teacher
        -: 不仅, 不仅仅, 不但, 不只, 不光, 不单, 不错, 不断, 不失, 不乏, 不到, 不超过, 不满, 不同, 不俗, 不凡, 不论
        -: 不管, 无论, 无比, 无限, 无敌, 非凡, 别致, 性别, 级别, 区别, 分别, 个别, 别人, 别样, 没错, 与众不同, 未成年
        -: 特别版, 其他, 他人, 吉他, 高质量, 高品质, 高端, 高级, 高级感, 高能, 高能量, 高贵, 高科技, 高清, 高保真, 高校
        -: 高度, 高大, 提高, 最高, 崇高, 高超, 高效, 高潮, 高考, 高手, 高情商, 高水平, 高标准, 低俗, 最低, 低能, 降低
        -: 低端, 低延迟, 低幼, 快餐, 快递, 快手, 快捷, 痛快, 赶快, 尽快, 快板, 凉快, 怠慢, 慢性, 男女老少, 男女老幼
        -: 子女, 儿女, 女装, 男装, 女鞋, 男鞋, 女频, 男频, 女性向, 男性向, 给人, 为孩子, 为儿童, 为小朋友, 为老人, 为宝宝
        -: 过程, 经过, 通过, 超过, 对话, 对比, 针线, 向往, 方向, 上海, 上海话, 自然而然, 大自然, 为主, 高音质, 高音量
        -: 低音质, 低音量
    """,
}
