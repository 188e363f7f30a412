package lexicon

import (
	"strings"
)

// The words by which a reader recognizes lines and sections. They are folded: in lower
// case and without the punctuation around them. A new language needs only a few more
// words in each table.

// SourceLabels are words that precede the address of a source.
var SourceLabels = NewSet(`source sources source(s original link links url urls reference references citation citations via website
	来源 來源 信息来源 消息来源 新闻来源 信源 数据来源 出处 出處 链接 連結 相关链接 原文 原文链接 原文連結 来源链接 阅读原文 查看原文 参考 参考来源 参考链接 参考资料 详情 详情链接 新闻链接 项目地址 论文链接 项目链接 地址
	出典 参照 参照元 リンク ソース 元記事 引用元 情報源 記事 출처 원문 링크 참고 원문보기 관련링크 기사
	quelle quellen fuente fuentes enlace enlaces lien liens fonte fonti fontes źródło источник ссылка kilde bron`,
	"read more", "read the full article", "full article", "full story", "more info", "more details", "original article", "original link", "original source",
	"source link", "article link", "learn more", "원문 링크", "원문 보기", "자세히 보기", "관련 링크", "mehr lesen", "weiterlesen", "zum artikel", "original text", "paper link", "project link")

// DiscussionLabels are labels of places where a story is discussed.
var DiscussionLabels = NewSet(`discussion discussions discuss comments hn reddit lobsters 讨论 討論 评论 コメント 댓글 토론 diskussion discusión`,
	"hn discussion", "hacker news", "hn comments", "reddit discussion", "社区讨论", "讨论区", "hacker news discussion")

// Joiners are words that may join the addresses of one story.
var Joiners = NewSet(`and 和 与 與 及 以及 또는 및 und et y e plus`)

// MediumLabels are link texts that name only the kind of target.
var MediumLabels = NewSet(`arxiv pdf html doi paper abstract repo repository code github gitlab huggingface demo blog post here web 论文 代碼 代码 仓库 项目 官网 博客 論文 コード 논문 코드`)

// SummaryLabels are labels of summaries, which a summary may omit.
var SummaryLabels = NewSet(`insight summary description abstract overview what tldr tl;dr 摘要 概要 简介 簡介 内容 內容 描述 概述 要約 内容 概要 説明 설명 요약 내용 개요 zusammenfassung beschreibung resumen résumé`,
	"what happened", "in short", "in brief", "tl;dr", "一句话总结", "一句话概括", "一句话介绍", "一句话", "新闻摘要", "内容摘要", "内容概述", "核心内容", "发生了什么", "发生了啥", "何が起きたか", "무슨 일이 있었나", "내용 요약", "한줄 요약", "한 줄 요약", "qué pasó", "was passiert ist", "ce qui s'est passé")

// PieceLabels are labels of the parts of a story, in addition to SummaryLabels.
var PieceLabels = NewSet(`background context details impact significance implications analysis takeaway takeaways references resources quotes specs pricing availability features changes motivation method results limitations caveats opinion verdict facts timeline
	背景 影响 意义 事实 细节 亮点 要点 看点 评论 点评 观点 判断 解读 分析 启示 结论 建议 风险 方法 结果 局限 数据 价格 功能 特点 时间线
	背景 影響 意義 ポイント 要点 詳細 特徴 所感 考察 注目点 배경 영향 의미 포인트 핵심 특징 시사점 의견 분석 세부사항
	hintergrund bedeutung einordnung kontext auswirkungen contexto contexte impacto enjeux implicaciones`,
	"what is new", "what's new", "what it is", "what it does", "what changed", "what changes", "what this means", "what it means", "what to do", "why it matters", "why this matters", "why it's important", "why it is important", "why should you care", "why you should care", "how it works", "how to use", "who it's for",
	"key points", "key takeaways", "key facts", "key details", "key findings", "key features", "the details", "the facts", "the news", "the problem", "the solution", "the catch", "the bottom line", "bottom line", "between the lines", "the big picture", "big picture", "go deeper", "by the numbers", "yes but", "yes, but", "zoom in", "zoom out", "my take", "our take", "my opinion", "our view", "the takeaway",
	"技术细节", "技术要点", "核心要点", "核心观点", "核心亮点", "关键点", "关键信息", "主要内容", "主要亮点", "为什么重要", "为何重要", "为什么值得关注", "我的判断", "我的看法", "我的观点", "个人看法", "一句话点评", "编辑点评", "影响分析", "适用场景", "使用场景", "应用场景", "推荐理由", "这意味着什么", "なぜ重要か", "なぜ重要", "重要な理由", "ここがポイント", "주요 내용", "핵심 내용", "핵심 포인트", "왜 중요한가", "왜 중요할까", "주요 특징", "개발자 관점",
	"por qué importa", "pourquoi c'est important", "warum es wichtig ist", "warum das wichtig ist", "was ist neu", "was ist passiert")

// The names of columns say what their cells are: headlines, summaries, or neither.
var (
	HeadlineColumns = NewSet(`title titles headline headlines story stories article articles news paper papers project projects name topic item post tool event repo repository release
		标题 標題 新闻 文章 项目 項目 名称 名稱 论文 話題 话题 事件 工具 仓库 资讯 主题 タイトル 見出し 記事 論文 プロジェクト 名前 제목 기사 뉴스 프로젝트 이름 논문 titel artikel título titulo noticia titre nom article titolo notizia`,
		"论文标题", "新闻标题", "文章标题", "项目名称", "paper title", "project name", "논문 제목")
	SummaryColumns = NewSet(`about details detail notes note why highlights takeaway comment comments gist content one-liner tl;dr
		说明 說明 亮点 要点 看点 解读 点评 推荐理由 理由 一句话 内容 介绍 コメント ポイント 紹介 特徴 핵심 특징 한줄평 inhalt worum descripción detalle detalles descrizione description kurzfassung`,
		"what it does", "what it is", "why it matters", "why it counts", "key points", "key takeaway", "key idea", "in one line", "one line", "one-line summary", "short description", "한줄 요약", "한 줄 요약", "주요 내용", "핵심 내용")
	FigureColumns = NewSet(`author authors by date time published score scores points stars star votes upvotes rank rating category categories type kind tag tags topic field language lang license venue year since comments org organization company
		作者 日期 时间 時間 发布时间 分数 分數 得分 评分 評分 热度 热度值 星标 星数 排名 分类 分類 类别 类型 标签 领域 语言 机构 公司 重要性 重要度 著者 日付 スコア 分野 カテゴリ 저자 날짜 점수 분야 카테고리 autoren autorin datum kategorie bewertung fecha puntos auteur auteurs autore data`,
		"autor") //nolint:misspell // German and Spanish
)

// SummaryEndings are endings of the names of summary columns, in languages without
// spaces.
var SummaryEndings = []string{"说明", "說明", "摘要", "简介", "介绍", "描述", "要点", "概要", "要約", "説明", "紹介", "요약", "설명", "소개"}

// asides are headings of texts about the stories. Such sections have no stories, even
// if they have parts and links.
var asides = NewSet(`分析 深度分析 趋势分析 综合分析 结论 結論 总结 總結 今日总结 本周总结 总结与展望 小结 今日小结 结语 結語 点评 评论 评析 编辑点评 今日点评 展望 趋势 影响 目录 目錄 摘要 内容摘要 今日摘要 概览 概述 导读 导语 前言 引言 编者按 编者的话 延伸阅读 参考资料 参考链接 免责声明 关于 关于我们 订阅 结束语 写在最后 行动建议 今日看点 本期看点 要点 本期要点 今日要点 本周要点 速览 本期速览 今日速览 核心要点 要点总结 关键要点 趋势洞察 趋势观察 今日洞察
	目次 まとめ ハイライト 今日のハイライト 今週のハイライト 本日のハイライト 하이라이트 分析と考察 考察 総括 はじめに おわりに 今後の展望 所感 編集後記 購読 要約 결론 분석 요약 목차 총평 마무리 마치며 시사점 전망 한눈에보기 핵심요약 구독
	analysis conclusion conclusions summary recap takeaway takeaways outlook commentary contents toc references tl;dr tldr overview introduction intro highlights disclaimer about subscribe subscription feedback credits acknowledgements acknowledgments contributing contribute sponsors sponsor methodology synthesis
	analyse fazit ausblick zusammenfassung inhalt inhaltsverzeichnis überblick einleitung impressum análisis conclusión resumen analisi conclusioni conclusion sommaire résumé`,
	"key takeaways", "executive summary", "table of contents", "further reading", "action items", "final thoughts", "closing thoughts", "the bottom line", "bottom line", "why it matters", "big picture", "the big picture",
	"in this issue", "in today's issue", "what to watch", "what's next", "next steps", "editor's note", "editors note", "looking ahead", "about us", "about this digest", "thanks for reading", "call to action", "want to contribute", "get involved",
	"trend analysis", "trends to watch", "key trends", "daily summary", "at a glance", "quick summary", "今日总结与展望", "본문 요약", "핵심 요약", "한눈에 보기", "오늘의 요약", "마무리하며", "보안 트렌드", "auf einen blick", "das wichtigste in kürze")

// FrontTitles are asides that can also be groups of stories.
var FrontTitles = NewSet(`highlights takeaways outlook 展望 影响 要点 速览 今日看点 本期看点 本期要点 今日要点 本周要点 今日速览 本期速览 核心要点 关键要点 今日のハイライト ハイライト 하이라이트 시사점 전망`,
	"big picture", "the big picture", "what to watch", "what's next", "trends to watch", "key trends", "at a glance", "key takeaways", "bottom line", "the bottom line", "why it matters", "auf einen blick", "looking ahead")

// ClosingTitles are asides whose links are never stories, whatever they look like.
var ClosingTitles = NewSet(`延伸阅读 参考资料 参考链接 目录 目錄 目次 목차 关于 关于我们 订阅 購読 구독 references contents toc about subscribe sponsors sponsor credits feedback contributing contribute inhalt inhaltsverzeichnis sommaire`,
	"further reading", "table of contents", "action items", "in this issue", "about us", "get involved", "next steps")

// endings are endings of the headings of asides, in languages without spaces: 行业分析.
var endings = []string{"分析", "总结", "總結", "小结", "结语", "结论", "結論", "展望", "点评", "目录", "摘要", "解读", "洞察", "まとめ", "考察", "結び"}

// titleCuts separate the words that say what a section is from others.
var titleCuts = [...]string{"(", "（", ":", "：", " — ", " – ", " - ", " | "}

// CutTitle returns the part of a title before one of titleCuts. A cut counts only if
// there are words before its first occurrence.
func CutTitle(title string) string {
	var seen [len(titleCuts)]bool
	for i := range len(title) {
		if c := title[i]; c != '(' && c != ':' && c != ' ' && c != "："[0] {
			continue // no cut begins with it
		}
		for k, cut := range titleCuts {
			if !seen[k] && strings.HasPrefix(title[i:], cut) {
				if TrimToLetters(title[:i]) != "" {
					return title[:i]
				}
				seen[k] = true
			}
		}
	}
	return title
}

// WidestAside is the greatest width of the heading of an aside, in columns.
const WidestAside = 24

// IsAside reports whether a heading is that of an aside: 分析, 分析 (Analysis), Today's key
// takeaways.
func IsAside(title string) bool {
	title = TrimToLetters(CutTitle(StripOrdinal(title)))
	if len(title) > 4*WidestAside || Width(title) > WidestAside {
		return false
	}
	folded := Fold(strings.ReplaceAll(title, "’", "'"))
	if asides.Words[folded] {
		return true
	}
	for _, e := range endings {
		if strings.HasSuffix(folded, e) {
			return true
		}
	}
	// The first words may be ignored: Today's key takeaways, 이번 주 보안 트렌드.
	rest := folded
	for range 3 {
		_, after, found := strings.Cut(rest, " ")
		if !found {
			return false
		}
		if rest = after; asides.Words[rest] {
			return true
		}
	}
	return false
}
