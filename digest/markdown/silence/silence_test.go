package silence

import "testing"

func TestSaysNone(t *testing.T) {
	for text, want := range map[string]bool{
		"Nothing important today": true, "No news": true, "no major updates this week!": true, "There are no new items today.": true, "NO NEWS TODAY": true,
		"Today: nothing new": true, "No news for 2026-05-04": true, "No new releases due to a holiday": true, "Nothing to report.": true,
		"We could not find any news": true, "Sorry, but there is no news": true, "No news, but one release": false, "Sorry, but here is the news": false, "They couldn't find the bug in the news app": false,
		"今日无事": true, "未能获取到新闻": true, "无事故一百天": false, "无法获取新闻的三个原因": false,
		"No news is good news": false, "No update on the outage": false, "No important developments in databases today": false, "Nothing Phone 3 is out": false,
		"No, important news today": false, "Important news today": false, "No code, no problem": false, "Not to be missed": false, "": false, "!": false,
		"今日暂无重要动态": true, "今天没有重要新闻": true, "暂无更新": true, "本周无重大事件。": true, "今日無重要新聞": true, "无线耳机新闻": false, "今日新闻": false, "没有人工智能就没有新闻": false,
		"本日のニュースはありません": true, "ニュースのない国": false, "오늘의 주요 뉴스는 없습니다": true, "뉴스 없는 세상": false,
		"Keine wichtigen Meldungen heute": true, "Keine Macht den Drogen": false, "Aucune actualité importante aujourd'hui": true, "Sin novedades": true,
	} {
		if got := SaysNone(text); got != want {
			t.Errorf("%q: got %t, want %t", text, got, want)
		}
	}
}
