package matter

import (
	"strings"

	"github.com/digestbot/digestbot/digest/markdown/lexicon"
)

// usualKeys are those by which a few lines with colons are front matter and no
// prose.
var usualKeys = lexicon.NewSet(`title expirydate unpublishdate lastmod modified updated author authors source
	categories category tags tag keywords topics draft published publish status state lang language locale layout type slug url permalink
	description summary excerpt subtitle series image cover weight id aliases comments toc
	标题 標題 日期 时间 作者 标签 標籤 分类 分類 摘要 タイトル 日付 タグ 제목 날짜 태그`)

// dateKeys are the keys of the front matter that may give the day, folded, with
// their rank: the lowest counts first. When a file was changed is not its day.
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

// LooseDateKeys are keys that also stand for something that is no day: who published
// it, whether it is published, which day of the week it is.
var LooseDateKeys = lexicon.NewSet("published created day")

// DateRank is the rank of a key that may give the day, however it is spelled: the
// lowest counts first. It is 0 for others.
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
