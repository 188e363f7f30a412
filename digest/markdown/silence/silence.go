package silence

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// The digest of a day without news has no stories: it says that there are none, and
// often why. It does so in few words. A clause says that there is no news if it has
// only words from the tables below, including a denial and a topic: "No important
// developments today", but not "No important developments in databases today".
var (
	denials = lexicon.NewSet(`no not nothing none zero any aren't isn't weren't wasn't couldn't cannot didn't haven't don't
		无 沒有 没有 暂无 暫無 尚无 尚無 未有 并无 並無 没 未 未发现 未發現 未收录 未能 無 未检测到 未出现 未筛选出 未找到 未抓取到 未获取到 未能获取到 未能获取 未能抓取到 未能找到 無法 无法 没能
		ありません ありませんでした なし 無し ございません ございませんでした 見つかりませんでした なかった ない
		없습니다 없음 없어요 없었습니다 없다 없었다
		kein keine keinen keiner nichts nicht aucun aucune pas rien sin ningún ninguna ninguno nada`,
	)
	topics = lexicon.NewSet(`news developments development updates update stories story items item articles article events event headlines announcements releases entries content important noteworthy newsworthy notable new major report
		新闻 新聞 动态 動態 资讯 資訊 消息 内容 內容 更新 进展 進展 事件 大事 文章 条目 條目 头条 報道 报道 信息 訊息 新鲜事 事
		ニュース 動き 更新 情報 トピック 話題 記事 特筆すべき 新着 뉴스 소식 업데이트 동향 기사 이슈
		neuigkeiten neues nachrichten meldungen entwicklungen ereignisse themen wichtiges
		actualité actualités d'actualité d'actualités nouvelle nouvelles nouveautés nouveauté information informations événement événements important d'important signaler
		novedades novedad noticias noticia actualizaciones importante destacar`,
	)
	fillers = lexicon.NewSet(`there is are was were been have has had we i found find find see saw to of for in this that today today's yesterday week weekend day now yet here really very particularly could able especially
		significant relevant interesting big worth worthy reporting mentioning sharing met meet enough were qualified selected matched made cut the our your a an it so tech technology ai industry happened sorry i'm we're am unfortunately apologies again all on
		今日 今天 本日 今 昨日 昨天 本周 本週 本期 当日 當日 目前 当前 暂时 暫時 任何 特别 特別 太多 什么 值得 关注 關注 报道 的 了 重要 重大 主要 新的 新 相关 相關 热点 热门 技术 技術 科技 行业 行業 人工智能 符合 条件 條件 标准 抱歉 很 非常 遗憾 遺憾 对不起 對不起 可 可以 发布 公布 收录 有 年 月 日 个 我们 可供 获取 获取到 獲取 抓取 抓取到 采集到 采集 找到 发现 能 到 发生 平安
		は が の に を も と で です でした 今週 現在 重要な 大きな 主な 新しい 注目の 注目すべき 目立った 特に 申し訳 お知らせする 取得 でき 残念ながら
		오늘 이번 주 은 는 이 가 의 을 를 도 중요한 주요 새로운 특별한 주목할 만한 죄송합니다 아쉽게도
		heute gibt gab es wichtigen wichtige neuen neue relevanten nennenswerten besonderen größeren zu berichten diese woche leider konnte konnten wurde wurden gefunden werden
		aujourd'hui il n'y a y de importante importantes majeure majeures cette semaine à désolé malheureusement n'a eu n'ai n'avons je nous pu trouver trouvé été
		hoy no hay hubo que importantes relevantes nuevas esta semana lamentablemente ninguna se he pude encontrar encontrado encontraron`,
	)
	// nones are texts that, in addition to such clauses, mark a group as empty. They
	// must be the whole text.
	nones = lexicon.NewSet(`none nothing n/a na nil 无 無 暂无 暫無 没有 沒有 暂缺 なし 無し 特になし 該当なし 없음 해당없음 keine nichts entfällt aucun aucune rien néant ninguna ninguno nada`)
	// contrasts begin a clause that takes back the one before, unless it says itself
	// that there is no news: "Sorry, but I found no news".
	contrasts = lexicon.NewSet(`but except however though although instead still yet 但 但是 不过 不過 除了 然而 只是 仅有 僅有 只有 ただし しかし でも 다만 그러나 하지만 aber jedoch doch allerdings mais cependant sauf pero excepto salvo`)
	// becauses begin the reason.
	becauses = lexicon.NewSet(`because due since as owing weil wegen porque car 因为 由于 因 因為 由於 のため`)
	// ReasonTitles are headings of sections that say why there is no news, or give
	// statistics.
	ReasonTitles = lexicon.NewSet(`reasons causes why statistics stats numbers notes 原因 可能原因 可能的原因 原因分析 说明 說明 统计 統計 数据统计 运行统计 采集统计 备注 備註 理由 考えられる原因 考えられる理由 統計情報 원인 가능한원인 통계 gründe ursachen statistik raisons causes statistiques motivos causas razones estadísticas`,
		"possible reasons", "possible causes", "possible explanations", "가능한 원인", "가능한 이유", "mögliche gründe", "mögliche ursachen", "raisons possibles", "causes possibles", "posibles causas", "posibles razones", "posibles motivos")
)

// clauseRole is a role of a word in a clause about news. A word may have several.
type clauseRole uint8

const (
	denies clauseRole = 1 << iota
	names
	fills
	contrast
	because
)

// clauseRoles maps the words of all tables to their roles.
var clauseRoles = func() map[string]clauseRole {
	all := map[string]clauseRole{}
	for r, set := range map[clauseRole]lexicon.Set{denies: denials, names: topics, fills: fillers, contrast: contrasts, because: becauses} {
		for word := range set.Words {
			all[word] |= r
		}
	}
	return all
}()

// roleOf returns the role of a word in any case; 0 if it is in none of the tables.
func roleOf(word string) clauseRole {
	if len(word) > widestWord {
		return 0
	}
	if _, others := lexicon.Capitals(word); others {
		return clauseRoles[strings.ToLower(word)]
	}
	var room [widestWord]byte
	return clauseRoles[string(lexicon.AppendLower(room[:0], word))]
}

// widestWord is the most bytes that a word of the tables may have.
const widestWord = 40

// SaysNone reports whether a text says that there is no news. It does not if a clause
// takes that back: "Nothing important today, but three small things".
func SaysNone(text string) bool {
	if !hasDenial(text) {
		return false
	}
	said, takenBack := readClauses(text)
	return said && !takenBack
}

// pairs is a set of pairs of bytes.
type pairs [1 << 16 / 64]uint64

func (p *pairs) add(a, b byte)      { p[int(a)<<2|int(b)>>6] |= 1 << (b & 63) }
func (p *pairs) has(a, b byte) bool { return p[int(a)<<2|int(b)>>6]&(1<<(b&63)) != 0 }

// startsDenial has the first two bytes of each denial, in both cases. goesOnDenial has
// the second and third bytes of those that begin with a three-byte letter.
var startsDenial, goesOnDenial = func() (start, next *pairs) {
	start, next = &pairs{}, &pairs{}
	for word := range denials.Words {
		for _, w := range []string{word, strings.ToUpper(word), strings.ToUpper(word[:1]) + word[1:]} {
			start.add(w[0], w[1])
			if w[0] >= 0xE0 {
				next.add(w[1], w[2])
			}
		}
	}
	return start, next
}()

// latinDenials are the denials, cut before their first character that is not an ASCII
// letter.
var latinDenials = func() map[string]bool {
	all := map[string]bool{}
	for word := range denials.Words {
		if end := strings.IndexFunc(word, func(r rune) bool { return r >= utf8.RuneSelf || !lexicon.IsASCIILetter(byte(r)) }); end > 0 {
			word = word[:end]
		}
		all[word] = true
	}
	return all
}()

// hasDenial reports whether one of the denials may be among the first words of a text.
// Most texts have none and need no further reading.
func hasDenial(text string) bool {
	text = text[:min(len(text), firstBytes)]
	for i := 0; i+1 < len(text); {
		switch a, b := text[i], text[i+1]; {
		case a >= 0xE0: // a three-byte letter
			if startsDenial.has(a, b) && (i+2 == len(text) || goesOnDenial.has(b, text[i+2])) {
				return true
			}
			i += 3
		case lexicon.IsASCIILetter(a):
			end := i + 1
			for end < len(text) && lexicon.IsASCIILetter(text[end]) {
				end++
			}
			if startsDenial.has(a, b) && latinDenials[lexicon.Lower(text[i:end])] {
				return true
			}
			i = end
		default:
			i++
		}
	}
	return false
}

// readClauses reads the first clauses of a text. No news is announced at the start.
func readClauses(text string) (said, takenBack bool) {
	whole := len(text) <= firstBytes
	if !whole {
		text = text[:firstBytes]
	}
	for text != "" {
		end := strings.IndexFunc(text, endsClause)
		if end < 0 && !whole {
			break // the rest of the clause is unknown
		}
		if end < 0 {
			end = len(text)
		}
		s, t := readClause(text[:end])
		said, takenBack = said || s, takenBack || t
		text = strings.TrimLeftFunc(text[end:], endsClause)
	}
	return said, takenBack
}

// firstBytes is how many bytes of a line are examined.
const firstBytes = 160

// blockHasDenial reports whether hasDenial is true of some words of a block.
func blockHasDenial(b *block.Block) bool {
	for i := range b.Lines {
		for j := range b.Lines[i].Text {
			if hasDenial(b.Lines[i].Text[j].Text) {
				return true
			}
		}
	}
	return false
}

// BlockSaysNone reports whether a block says that there is no news, even if some of its
// words are emphasized.
func BlockSaysNone(b *block.Block) bool {
	if !blockHasDenial(b) {
		return false
	}
	said, takenBack := false, false
	for _, l := range b.Lines {
		plain := true
		for _, span := range l.Text {
			s, t := readClauses(span.Text)
			said, takenBack = said || s, takenBack || t
			plain = plain && span.URL == ""
		}
		if !said && plain && len(l.Text) > 1 && block.TextWidth(l.Text) <= widestNone {
			s, t := readClauses(l.Text.String())
			said, takenBack = said || s, takenBack || t
		}
	}
	return said && !takenBack
}

// endsClause reports whether a clause ends at r.
func endsClause(r rune) bool {
	switch r {
	case '.', ',', ':', ';', '!', '?', '…', '。', '，', '、', '：', '；', '！', '？', '(', ')', '（', '）', '[', ']', '【', '】', '—', '–', '\n', '|':
		return true
	}
	return false
}

// readClause reports whether a clause says that there is no news, and whether it takes
// back what the one before said. A clause that says so has only words of the tables, up
// to where a reason begins.
func readClause(clause string) (said, takenBack bool) {
	first := strings.IndexFunc(clause, lexicon.IsLetter)
	if first < 0 {
		return false, false
	}
	if r, _ := utf8.DecodeRuneInString(clause[first:]); !beginsWord[r] {
		return false, false // the usual case
	}
	var all clauseRole
	contrasts := false
	for token := range strings.FieldsSeq(clause) {
		token = strings.ReplaceAll(lexicon.TrimToLetters(token), "’", "'")
		for token != "" {
			n, r := nextWord(token)
			switch {
			case r&contrast != 0 && all == 0:
				contrasts = true
			case r&because != 0 && all&denies != 0:
				return all&names != 0, false
			case r == 0:
				return false, contrasts
			default:
				all |= r
			}
			token = strings.TrimLeftFunc(token[n:], unicode.IsDigit)
		}
	}
	said = all&denies != 0 && all&names != 0
	return said, contrasts && !said
}

// nextWord returns the length and the role of the word at the start of a text without
// spaces. In Chinese, Japanese and Korean it is the longest word in the tables.
func nextWord(text string) (length int, r clauseRole) {
	first, _ := utf8.DecodeRuneInString(text)
	if !beginsWord[first] {
		return 0, 0
	}
	if first < 0x1100 {
		end := strings.IndexFunc(text, func(c rune) bool { return c >= 0x1100 })
		if end < 0 {
			end = len(text)
		}
		return end, roleOf(text[:end])
	}
	for i, c := range text {
		end := i + utf8.RuneLen(c)
		if end > widestWord {
			break
		}
		if found := clauseRoles[text[:end]]; found != 0 {
			length, r = end, found
		}
	}
	return length, r
}

// beginsWord has the first letters of all words of the tables, in both cases.
var beginsWord = func() map[rune]bool {
	all := map[rune]bool{}
	for word := range clauseRoles {
		first, _ := utf8.DecodeRuneInString(word)
		all[first], all[unicode.ToUpper(first)] = true, true
	}
	return all
}()

// IsNone reports whether a block says only that there is nothing: 暂无, "AI: none".
func IsNone(b *block.Block) bool {
	if IsLong(b) || block.TotalWidth([]*block.Block{b}) > widestNone {
		return BlockSaysNone(b)
	}
	text := block.WordsOf(block.Join(b.Lines))
	_, after, _ := strings.Cut(strings.ReplaceAll(text, "：", ":"), ":")
	return nones.Has(text) || nones.Has(after) || BlockSaysNone(b)
}

// IsLong reports whether a block has so many bytes that it is certainly wider than
// widestNone.
func IsLong(b *block.Block) bool {
	n := 0
	for _, l := range b.Lines {
		for _, s := range l.Text {
			n += len(s.Text)
		}
	}
	return n > 8*widestNone
}

// widestNone is the greatest width, in columns, of a label with a word for nothing, and
// of a line with some emphasized words.
const widestNone = 60
