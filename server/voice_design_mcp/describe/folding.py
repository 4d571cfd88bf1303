"""How spellings are made equal before words are looked up.

Folding never moves a character: a span in the folded text is the same span in the original.
"""

from __future__ import annotations

from functools import cache
from typing import Final

# Each traditional character of which the simplified form stands in a table of this package, with that form.
_TRADITIONAL: Final = (
    "並并 乾干 併并 來来 個个 傢家 傳传 傷伤 僅仅 儘尽 優优 兒儿 內内 兩两 凈净 別别 剛刚 劇剧 勁劲 動动 勻匀 區区 "
    "卻却 厲厉 員员 啞哑 單单 噁恶 噹当 嚮向 嚴严 國国 園园 圓圆 堅坚 報报 場场 壯壮 夥伙 奮奋 妝妆 婦妇 媽妈 嫵妩 "
    "嬌娇 嬰婴 孃娘 學学 實实 寧宁 寬宽 寶宝 將将 專专 對对 導导 師师 帶带 幹干 幾几 廣广 張张 強强 彆别 彔录 從从 "
    "悅悦 惡恶 愛爱 慶庆 憂忧 憊惫 憤愤 應应 懶懒 懼惧 戲戏 戶户 揚扬 撫抚 敵敌 斷断 於于 時时 曏向 書书 會会 條条 "
    "業业 極极 榦干 樂乐 標标 樣样 機机 檯台 權权 歡欢 歲岁 氣气 沒没 涼凉 淨净 渾浑 準准 溫温 滄沧 滿满 漢汉 潑泼 "
    "潤润 澀涩 為为 無无 煙烟 熱热 營营 爺爷 獷犷 產产 畫画 異异 當当 療疗 癒愈 發发 盡尽 眾众 祕秘 禦御 穩稳 箇个 "
    "節节 紀纪 約约 級级 細细 紳绅 絕绝 給给 絲丝 經经 綿绵 緊紧 緒绪 線线 緩缓 練练 緻致 縴纤 總总 繪绘 纖纤 翫玩 "
    "聞闻 聯联 聲声 職职 聽听 肅肃 脫脱 膚肤 膩腻 膽胆 臺台 與与 興兴 莊庄 華华 菸烟 蒼苍 藹蔼 蘿萝 衕同 裝装 視视 "
    "親亲 覽览 觀观 訊讯 訓训 記记 評评 詭诡 話话 詼诙 誌志 誘诱 語语 誦诵 說说 課课 調调 論论 諧谐 諷讽 講讲 謹谨 "
    "護护 讀读 貨货 貴贵 費费 貼贴 質质 趕赶 軍军 軟软 較较 輕轻 連连 週周 遊游 過过 遞递 適适 遲迟 邁迈 針针 銳锐 "
    "銷销 錄录 錯错 鍼针 鎮镇 鏗铿 鏘锵 長长 門门 開开 間间 閤合 闆板 闇暗 陰阴 陽阳 險险 隻只 雜杂 電电 靈灵 靜静 "
    "靦腼 響响 順顺 預预 頑顽 頗颇 頭头 頻频 顫颤 顯显 颱台 飛飞 飽饱 飾饰 餘余 餬糊 體体 髮发 鬆松 鬨哄 鬱郁 鳴鸣 "
    "麗丽 麵面 麼么 點点 齡龄 齣出 説说 歳岁 "
)
_MARKS: Final = {
    "’": "'",
    "‘": "'",
    "ʼ": "'",
    "‐": "-",
    "‑": "-",
    "–": "-",
    "−": "-",
    "~": "-",
    "～": "-",
    "〜": "-",
    "。": ".",
    "\u3000": " ",
}
_FULL_WIDTH: Final = range(0xFF01, 0xFF5F)
_FULL_TO_HALF: Final = 0xFEE0


@cache
def _table() -> dict[int, str]:
    table = {code: chr(code - _FULL_TO_HALF) for code in _FULL_WIDTH}
    table.update({ord(pair[0]): pair[1] for pair in _TRADITIONAL.split()})
    table.update({ord(mark): plain for mark, plain in _MARKS.items()})
    return table


def fold(text: str) -> str:
    """Return `text` in lower case, half width and simplified characters, with the same length."""
    folded = text.translate(_table())
    lower = folded.lower()
    if len(lower) == len(text):
        return lower
    return "".join(low if len(low := char.lower()) == 1 else char for char in folded)
