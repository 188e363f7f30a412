package lexicon

import "testing"

func TestAsides(t *testing.T) {
	for title, want := range map[string]bool{
		"分析": true, "分析 (Analysis)": true, "📊 今日总结": true, "行业分析": true, "TL;DR": true, "Today’s key takeaways": true, "오늘의 트렌드 요약": true, "まとめ": true, "Fazit": true,
		"五、延伸阅读": true, "Editor's note": true, "Executive Summary: March": true,
		"分析师看好芯片": false, "Summary judgment in the chip case": false, "News": false, "요약봇 출시": false, "Analysis paralysis and other bugs": false, "": false,
	} {
		if got := IsAside(title); got != want {
			t.Errorf("%q: got %v, want %v", title, got, want)
		}
	}
	for title := range asides.Words {
		if !IsAside(title) {
			t.Errorf("%q: got false, want true", title)
		}
	}
}
