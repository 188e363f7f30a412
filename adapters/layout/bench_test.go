package layout

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/digestbot/digestbot/bot/chat"
)

// stories returns the text of n stories, each with a link and some emphasis.
func stories(n int) chat.Text {
	var t chat.Text
	for i := range n {
		t = append(t,
			chat.Span{Text: fmt.Sprintf("第%d条：Go 1.26 发布", i+1), URL: fmt.Sprintf("https://go.dev/%d", i), Style: chat.Bold},
			chat.Span{Text: "\n重写后的"}, chat.Span{Text: "go fix", Style: chat.Code},
			chat.Span{Text: strings.Repeat("汇集了一批现代化改写，升级前请先阅读发布说明。The U.S. team says v1.26 is 3.5 times as fast, e.g. at start-up! ", 3) + "\n\n"},
		)
	}
	return t
}

// BenchmarkSplit shows that the cost per character does not grow with the text.
func BenchmarkSplit(b *testing.B) {
	for _, n := range []int{30, 295} {
		t := stories(n)
		runes := utf8.RuneCountInString(t.String())
		b.Run(fmt.Sprintf("stories=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Split(t, 4000, codePoints)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(runes), "ns/character")
		})
	}
}

// BenchmarkSplitThatFits measures the usual case: a text within the limit.
func BenchmarkSplitThatFits(b *testing.B) {
	t := stories(1)
	b.ReportAllocs()
	for b.Loop() {
		Split(t, 4000, codePoints)
	}
}

// BenchmarkCleanAndCut measures the cost of a typical headline.
func BenchmarkCleanAndCut(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Cut(Clean("Go 1.26 发布：Green Tea 垃圾回收器默认启用，官方预计回收开销可减少10%至40%"), 256)
	}
}
