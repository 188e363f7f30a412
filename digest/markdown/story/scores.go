package story

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/digestbot/digestbot/digest"
	"github.com/digestbot/digestbot/digest/markdown/block"
	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// A score is a rating by readers or an editor: ★ 8.1/10, ⭐ 1.2k, 312 points, 评分：8/10.
// It is recognized strictly, because a headline may contain other numbers and stars: a
// number needs a sign before it, or brackets, a bar or a label around it.

// scoreLabels are the labels of scores, and the names of score columns.
var scoreLabels = lexicon.NewSet(`score scores rating ratings point points vote votes upvote upvotes star stars like likes karma importance relevance
	评分 評分 分数 分數 得分 综合评分 热度 熱度 热度值 推荐指数 推荐度 重要性 重要度 重要程度 票数 点赞 点赞数 星数 星级 星标 スコア 評価 得点 ポイント いいね スター 重要度
	점수 평점 별점 추천 추천수 좋아요 중요도 bewertung wertung punkte sterne stimmen puntuación puntos votos estrellas note étoiles punteggio voto voti valutazione stelle
	оценка рейтинг баллы звёзды звезды`,
	"github stars", "hn points", "ai score", "relevance score", "importance score", "重要性评分")

const (
	scoreSign  = `(?:[★☆⭐🌟👍👏❤♥🔥💯▲△↑⬆🔼🔺💬]\x{FE0F}?)`
	scoreOf    = `(?:\s?/\s?\d+(?:\.\d+)?)`
	scoreStars = `(?:[★☆⭐🌟]\x{FE0F}?\s?){2,10}`
	scoreSince = `(?:\s(?:today|this week|this month)|\s?(?:今日|今天|本周|本月))?`
	scoreTalk  = `(?:` + block.ScoreNumber + `\s?(?:` + block.TalkUnit + `|回复))`

	// scoreSigned needs nothing around it; scoreSaid must be set apart.
	scoreSigned = `(?:` + scoreStars + `(?:\s*\(?` + block.ScoreNumber + scoreOf + `?\)?)?|` + scoreSign + `\s?` + block.ScoreNumber + scoreOf + `?(?:\s?` + block.ScoreUnit + `)?` + scoreSince + `)`
	scoreSaid   = `(?:` + scoreSigned + `|` + block.ScoreNumber + `\s?` + block.ScoreUnit + scoreSince + `|\d+(?:[.,]\d+)?\s?/\s?100?|\d\.\d+\s?/\s?5|\d+\.\d+\s?分)`
	scoreNext   = `(?:(?:\s*[|｜·•,，/]\s*|\s+)(?:` + scoreSaid + `|` + scoreTalk + `))*`
)

var (
	wholeScore    = lexicon.Pattern(`^` + scoreSaid + scoreNext + `$`)
	labelledScore = lexicon.Pattern(`^(?:` + scoreSaid + scoreNext + `|` + block.ScoreNumber + scoreOf + `?[°%]?|` + scoreStars + `)$`)
	signedTail    = lexicon.Pattern(`\s*` + scoreSigned + scoreNext + `$`)
	// signedHead matches a sign with a number that cannot refer to the next word:
	// 8.1/10, but not 3 ways.
	signedHead = lexicon.Pattern(`^(?:` + scoreStars + `(?:\(?` + block.ScoreNumber + scoreOf + `?\)?\s)?|` + scoreSign + `\s?` + block.ScoreNumber + `(?:` + scoreOf + `|[kKmM万]))[\s:：|·–—-]*`)
	barHead    = lexicon.Pattern(`^(.{1,60}?)\s*(?:[|｜]|\s[·•–—-]\s)\s*`)
	bar        = lexicon.Pattern(`\s*(?:[|｜]|\s[·•–—-]\s)\s*`)
	// rated matches a score that needs no sign if it precedes a headline: [8.4].
	rated = lexicon.Pattern(`^[(（\[【]\s?(?:\d|10)\.\d\s?[)）\]】]$`)
)

// maxScore is greater than the length of every score, in bytes.
const maxScore = 2 * block.MaxLabel

// short reports whether a text is short enough to be a score.
func short(t digest.Text) bool {
	n := 0
	for _, s := range t {
		n += len(s.Text)
	}
	return n <= maxScore
}

// isScore reports whether words are only a score, possibly in brackets or after a
// label.
func isScore(words string) bool {
	words = strings.TrimSpace(words)
	if len(words) > maxScore || !scored(words) {
		return false
	}
	if inner, ok := bracketedWhole(words); ok {
		words = inner
	}
	if at := block.ColonAt(words); at > 0 && scoreLabels.Has(words[:at]) {
		_, size := utf8.DecodeRuneInString(words[at:])
		return labelledScore().MatchString(strings.TrimSpace(words[at+size:]))
	}
	return wholeScore().MatchString(words)
}

// scored reports whether words may contain a score: they have a number or stars.
func scored(words string) bool {
	return strings.ContainsFunc(words, func(r rune) bool { return r >= '0' && r <= '9' || r == '★' || r == '⭐' || r == '🌟' })
}

// brackets are the pairs of brackets that may enclose a score.
var brackets = map[rune]rune{'(': ')', '（': '）', '[': ']', '【': '】'}

// bracketedWhole returns the text inside brackets that enclose all of the words.
func bracketedWhole(words string) (inner string, ok bool) {
	open, size := utf8.DecodeRuneInString(words)
	closing := brackets[open]
	inner, ok = strings.CutSuffix(words[size:], string(closing))
	return strings.TrimSpace(inner), ok && closing != 0 && !strings.ContainsRune(inner, closing)
}

// takeScore removes the scores at the ends of words, unless nothing else would remain.
func (f *facts) takeScore(words string) string {
	for range 3 {
		n := scoreTail(words)
		if n == len(words) || !block.HasWords(words[:n]) {
			break
		}
		f.putScore(words[n:])
		words = strings.TrimRight(words[:n], " |｜·•–—")
	}
	if n := scoreHead(words); n > 0 && block.HasWords(words[n:]) {
		f.putScore(words[:n])
		words = words[n:]
	}
	return words
}

// putScore records a score without the characters that set it apart.
func (f *facts) putScore(words string) {
	words = strings.Trim(words, " \n|｜·•–—-:：")
	if inner, ok := bracketedWhole(words); ok {
		words = inner
	}
	if f.score != "" {
		words = f.score + " · " + words
	}
	f.score = words
}

// scoreTail returns the offset of the score that ends the words, or their length.
func scoreTail(words string) int {
	if from := len(words) - maxScore; from > 0 { // no score is longer
		for !utf8.RuneStart(words[from]) {
			from++
		}
		return from + scoreTail(words[from:])
	}
	if !scored(words) {
		return len(words)
	}
	last, _ := utf8.DecodeLastRuneInString(words)
	for open, closing := range brackets {
		if at := strings.LastIndex(words, string(open)); closing == last && at >= 0 && endsHeadline(words, at) {
			return at
		}
	}
	for _, at := range bar().FindAllStringIndex(words, 8) {
		if endsHeadline(words, at[1]) {
			return at[0]
		}
	}
	if at := signedTail().FindStringIndex(words); at != nil {
		return at[0]
	}
	return len(words)
}

// endsHeadline reports whether the words from an offset on are a score, or count how
// much a story is discussed. In Japanese, 分 means minutes.
func endsHeadline(words string, at int) bool {
	end := words[at:]
	return isScore(end) || scored(end) && block.IsDiscussion(end) && !(strings.Contains(end, "分") && strings.ContainsFunc(words, func(r rune) bool { return lexicon.ScriptOf(r) == lexicon.Kana }))
}

// scoreHead returns the length of the score at the start of words.
func scoreHead(words string) int {
	first, _ := utf8.DecodeRuneInString(words)
	if !unicode.IsDigit(first) && !unicode.IsSymbol(first) && brackets[first] == 0 && block.ColonAt(words) < 0 || !scored(words[:min(len(words), maxScore)]) {
		return 0
	}
	if closing := brackets[first]; closing != 0 {
		if at := strings.IndexRune(words, closing); at >= 0 {
			end := at + utf8.RuneLen(closing)
			if isScore(words[:end]) || rated().MatchString(words[:end]) {
				return len(words) - len(strings.TrimLeft(words[end:], " :：|·–—-"))
			}
		}
		return 0
	}
	if at := barHead().FindStringSubmatchIndex(words); at != nil && isScore(words[:at[3]]) {
		return at[1]
	}
	if at := signedHead().FindStringIndex(words); at != nil {
		return at[1]
	}
	return 0
}

// takeScoreHead removes the score at the start of a text: part of its first span, or
// all of it if a link or bold words follow.
func (f *facts) takeScoreHead(t digest.Text) digest.Text {
	if len(t) == 0 || t[0].URL != "" || t[0].Style&digest.Code != 0 || !scored(t[0].Text[:min(len(t[0].Text), maxScore)]) || short(t) && isScore(t.String()) {
		return t
	}
	n := scoreHead(t[0].Text)
	if n == 0 && len(t) > 1 && (t[1].URL != "" || t[0].Style&digest.Bold != t[1].Style&digest.Bold) && isScore(strings.TrimRight(t[0].Text, " |｜·–—-:：")) {
		n = len(t[0].Text)
	}
	left := block.Trim(block.CutText(t, n))
	if n == 0 || !block.HasWords(left.String()) {
		return t
	}
	f.putScore(t[0].Text[:n])
	return TrimLead(left)
}

// takeScoreTail removes the score at the end of a text.
func (f *facts) takeScoreTail(t digest.Text) digest.Text {
	last := len(t) - 1
	if last < 1 || t[last].URL != "" || t[last].Style&digest.Code != 0 {
		return t
	}
	words := t[last].Text
	n := scoreTail(words)
	if n == len(words) {
		return t
	}
	f.putScore(words[n:])
	t = slices.Clone(t)
	t[last].Text = words[:n]
	return block.Trim(t)
}

// takeColumns removes the cells of a row that are in columns of tags or scores.
func (f *facts) takeColumns(u Unit) Unit {
	head := *u.Head
	head.Cells = nil
	own := Unit{Body: u.Body}
	for i, cell := range u.Head.Cells {
		if i < len(u.Columns) && len(cell) > 0 {
			words := block.WordsOf(cell)
			switch {
			case u.Columns[i].tags && f.tagged(cell, true, true):
				continue
			case u.Columns[i].scores && scored(words) && !slices.ContainsFunc(cell, func(s digest.Span) bool { return s.URL != "" }) && lexicon.Width(words) <= maxTagWidth:
				f.putScore(words)
				continue
			}
		}
		head.Cells = append(head.Cells, cell)
		if i < len(u.Columns) {
			own.Columns = append(own.Columns, u.Columns[i])
		}
	}
	if len(head.Cells) == len(u.Head.Cells) || len(head.Cells) == 0 {
		return u
	}
	own.Head = &head
	return own
}

// scoreColumn reports whether a column of that name has scores: 分数, Stars, ⭐, 分数/评论.
func scoreColumn(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	return scoreLabels.Has(first) || signAlone().MatchString(strings.TrimSpace(name))
}

var signAlone = lexicon.Pattern(`^` + scoreSign + `$`)
