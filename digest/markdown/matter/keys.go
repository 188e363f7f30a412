package matter

import (
	"strings"

	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// usualKeys are keys that distinguish a few lines with colons as front matter from
// prose.
var usualKeys = lexicon.NewSet(`title expirydate unpublishdate lastmod modified updated author authors source
	categories category tags tag keywords topics draft published publish status state lang language locale layout type slug url permalink
	description summary excerpt subtitle series image cover weight id aliases comments toc
	标题 標題 日期 时间 作者 标签 標籤 分类 分類 摘要 タイトル 日付 タグ 제목 날짜 태그`)

// dateKeys maps the folded front matter keys that may give the day to their ranks; the
// lowest rank wins. The day on which a file was changed is not its day.
var dateKeys = func() map[string]int {
	ranks := map[string]int{}
	for rank, keys := range []string{
		"date 日期 날짜",
		"pubdate pubdatetime publishdate publisheddate publicationdate publishedat publishedon published postdate postedat datetime datepublished day 发布日期 发布时间",
		"created createdat createdon createdate createddate creationdate datecreated 创建日期 创建时间",
	} {
		for key := range strings.FieldsSeq(keys) {
			ranks[key] = rank + 1
		}
	}
	return ranks
}()

// LooseDateKeys are keys with other meanings besides a day: who published it, whether
// it is published, which day of the week it is.
var LooseDateKeys = lexicon.NewSet("published created day")

// DateRank returns the rank of a key that may give the day, in any spelling; the lowest
// rank wins. It is 0 for other keys.
func DateRank(key string) int {
	var folded [32]byte
	n := 0
	for i := range len(key) {
		c := key[i]
		switch {
		case c == '_' || c == '-' || c == ' ':
			continue
		case n == len(folded):
			return 0
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		}
		folded[n] = c
		n++
	}
	return dateKeys[string(folded[:n])]
}
