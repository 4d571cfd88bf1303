"""The words that the guide's principles advise against, English and Chinese, as data.

A phrase with a "+" is no fault before the words of UNLESS: "good" is vague, "good articulation" is not. Spaces stand for any gap.
Phrases are written as they are looked up: in lower case, half width and simplified characters.
"""

from __future__ import annotations

from typing import Final

VAGUE: Final = """
    nice, good+, great+, fine+, decent, pleasant, lovely, cool+, okay, ok, alright, normal+, regular+, ordinary, average+
    standard+, usual, typical, generic, interesting, special, unique, suitable voice, proper voice, appropriate voice
    whatever fits, whatever, some kind of, some sort of, sort of, or something, something like that, and so on, etc, vibe
    vibes, with a special quality to it, with a certain quality, average sounding, normal sounding, nice sounding
    good sounding, a certain something
    好听, 不错, 普普通通, 普通+, 一般+, 正常+, 还可以, 还行, 比较好, 挺好, 很好, 蛮好, 舒服, 舒适, 特别的, 有特色, 特殊, 独特
    感觉很棒, 很棒, 标准+, 平平常常, 平平凡凡, 平常, 平凡, 随便, 某种, 之类, 等等, 悦耳, 动听, 有感觉, 有味道, 合适的声音
"""
SUBJECTIVE: Final = """
    my favorite, my favourite, favorite, favourite, beautiful, beautifully, hauntingly beautiful, gorgeous, stunning, amazing
    amazingly, awesome, incredible, wonderful, wonderfully, fantastic, fabulous, excellent, superb, perfect+, perfect sounding
    attractive, charming, handsome, unforgettable, memorable, haunting, impressive, unbelievable, breathtaking, mesmerizing
    captivating, irresistible, delightful, exquisite, magnificent, brilliant voice, the best you have, the best you can
    the best, best, i love, i like, i adore, i enjoy, i prefer, we love, we like, you can imagine, the most, out of this world
    to die for, like no other, second to none, world class, top notch, that everybody will adore, that everyone will adore
    that everybody will love, that everyone will love, that everyone loves, that everybody loves, that people love
    that people will love, everyone will love, everybody will love, the kind of voice that gives you goosebumps
    that gives you goosebumps, that gives me goosebumps, gives you goosebumps, goosebumps, pretty voice, pretty girl
    pretty woman, pretty female voice
    我最喜欢, 我喜欢, 我爱, 最喜欢, 大家都会喜欢, 大家都喜欢, 大家会喜欢, 人人都喜欢, 人人喜欢, 人人喜爱, 受人喜爱, 讨人喜欢
    让人喜欢, 最美, 绝美, 美丽, 美妙, 漂亮, 迷人, 让人着迷, 令人着迷, 完美, 令人难忘, 让人难忘, 难忘, 惊艳, 无与伦比, 天籁
    最好听, 最好, 最棒, 帅气, 超赞, 一流, 极品, 令人陶醉, 让人陶醉, 让人爱上, 引人入胜, 出色, 优秀, 顶级, 百听不厌
"""
UNLESS: Final = """
    articulation, enunciation, diction, pronunciation, clarity, humoured, humored, natured, hearted, control, projection
    breath, mannered, pitch, pitched, pace, paced, speed, rate, tempo, rhythm, volume, register, tone, intonation, length, age
    aged, height, build, accent, english, american english, mandarin, chinese, french, spanish, german, broadcast
    broadcasting, grandmother, grandfather, aunt, uncle, timing, detail, headed, for, match
    话, 话主播, 的普通话, 普通话, 发音, 的发音, 语速, 音调, 音高, 来说, 而言
"""
"""What may follow a phrase with a "+" and take the vagueness from it."""

INTENSIFIERS: Final = """
    very, really, so, super, extremely, quite, truly, highly, incredibly, exceptionally, totally, absolutely, ultra
    非常, 十分, 特别, 极其, 超级, 格外, 真的, 很, 超, 太
"""
EMPTY: Final = """
    basically, literally, actually, honestly, you know, as you know, needless to say, in terms of voice, if you will
    基本上, 说白了, 总的来说, 可以说是
"""
"""Modifiers that say nothing."""

SYNONYMS: Final = """
    happy, joyful, joyous, joy, cheerful, cheery, merry, jolly, jovial, delighted
    calm, tranquil, serene, placid, peaceful
    husky, hoarse, raspy, rasp, gravelly, scratchy, gruff, croaky
    smooth, silky, silken, velvety, velvet, buttery, creamy
    crisp, clear cut, crystal clear
    gentle, tender
    energetic, full of energy, vibrant, spirited
    enthusiastic, passionate
    sad, sorrowful, mournful
    melancholy, melancholic, gloomy
    stern, strict, severe
    confident, self assured, self confident, assured
    weary, tired
    whispery, whispering, whispered, whisper
    powerful, forceful, strong
    booming, thunderous
    resonant, resonating, sonorous
    angry, furious
    shy, bashful, timid
    开心, 快乐, 高兴, 愉快, 愉悦, 欢快, 欢乐
    平静, 宁静, 平和, 恬静
    沙哑, 嘶哑, 粗哑
    温柔, 温婉, 柔情
    温和, 和蔼
    沉稳, 稳重, 稳健
    浑厚, 雄浑
    洪亮, 响亮, 嘹亮
    清晰, 清楚
    清脆, 脆生生
    忧伤, 悲伤, 哀伤, 伤感
    慈祥, 慈爱
    活泼, 活力
    严肃, 严厉
    可爱, 软萌, 萌
"""
"""Words of a line say so nearly the same that two of them say no more than one."""


def phrases(table: str) -> list[str]:
    """Read a table of phrases between commas and line ends."""
    return [phrase for line in table.strip().splitlines() for phrase in line.strip().split(", ")]
