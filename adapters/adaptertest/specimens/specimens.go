// Package specimens has the messages that every adapter must be able to render, both
// hand-written and generated. It never knows how a platform shows them.
package specimens

import (
	"fmt"
	"strings"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
)

// Specimen is a message that every adapter must be able to render. Name is
// the name of the golden file.
type Specimen struct {
	Name    string
	Message chat.Message
	// News is true for a short digest whose notification shows the news.
	News bool
}

// All returns the messages of the suite: what the bot posts on an ordinary
// day, and what it posts when an author is malicious. One of them notifies
// those in mention, which are ids of the platform.
func All(mention ...string) []Specimen {
	return []Specimen{
		{Name: "morning", Message: Morning()},
		{Name: "english", Message: English()},
		{Name: "compact", Message: compact(), News: true},
		{Name: "brief", Message: InBrief(), News: true},
		{Name: "headlines", Message: headlines()},
		{Name: "lookup", Message: lookup()},
		{Name: "help", Message: help()},
		{Name: "notice", Message: Notice()},
		{Name: "hostile", Message: Hostile()},
		{Name: "long", Message: Long()},
		{Name: "empty", Message: empty()},
		{Name: "details", Message: details()},
		{Name: "corrected", Message: Corrected()},
		{Name: "repeats", Message: repeats()},
		{Name: "called", Message: Called(mention)},
		{Name: "pictured", Message: Pictured()},
		{Name: "places", Message: places()},
		{Name: "bundle", Message: bundle()},
		{Name: "buttons", Message: linkButtons()},
		{Name: "menus", Message: menus()},
		{Name: "storyless", Message: storyless()},
		{Name: "traps", Message: Traps()},
		{Name: "emoji", Message: emoji()},
		{Name: "rtl", Message: rightToLeft()},
		{Name: "endless", Message: endless()},
		{Name: "addresses", Message: longAddresses()},
	}
}

func text(s string) chat.Span          { return chat.Span{Text: s} }
func bold(s string) chat.Span          { return chat.Span{Text: s, Style: chat.Bold} }
func italic(s string) chat.Span        { return chat.Span{Text: s, Style: chat.Italic} }
func code(s string) chat.Span          { return chat.Span{Text: s, Style: chat.Code} }
func link(s, address string) chat.Span { return chat.Span{Text: s, URL: address} }

// instant returns text that stands for a time.
func instant(s string, t time.Time) chat.Span { return chat.Span{Text: s, Time: t} }

// tagButtons returns the buttons under a digest.
func tagButtons(tags ...string) chat.Buttons {
	var buttons chat.Buttons
	for _, tag := range tags {
		buttons = append(buttons, chat.Button{Label: tag, Line: chat.Line("digest", "tag", tag)})
	}
	return buttons
}

// Morning is a Chinese digest with everything that a digest can have.
func Morning() chat.Message {
	return chat.Message{
		Title: "科技行业动态：Go 1.26 正式发布，PostgreSQL 18 走向生产",
		URL:   "https://go.dev/blog/go1.26",
		Blocks: []chat.Block{
			chat.Paragraph{Text: chat.Text{
				text("2026年2月，基础软件迎来密集更新。"), bold("Go 1.26"), text("正式发布，新的垃圾回收器成为默认选项；"),
				text("Kubernetes 1.35 让Pod资源的原地调整进入稳定阶段；"), link("PostgreSQL 18", "https://www.postgresql.org/docs/18/release-18.html"),
				text("的异步I/O正在被越来越多的团队采用；Rust则按照"), italic("六周一次"), text("的节奏推出了1.93版。"),
			}},
			chat.Story{
				Headline: "Go 1.26 发布：Green Tea 垃圾回收器默认启用",
				Summary: chat.Text{
					text("Go团队发布了Go 1.26。内建函数"), code("new"), text("现在接受表达式，例如"), code("new(yearsSince(born))"),
					text("；泛型类型可以在自己的类型参数列表中引用自身。实验性的"), bold("Green Tea"),
					text("垃圾回收器经过反馈改进后默认启用，官方预计重度依赖回收器的程序可减少10%至40%的回收开销。重写后的"),
					code("go fix"), text("汇集了一批"), italic("现代化改写"), text("，详见"),
					link("发布说明", "https://go.dev/doc/go1.26"), text("。"),
				},
				Sources: []chat.Link{
					{Title: "Go 1.26 is released", URL: "https://go.dev/blog/go1.26"},
					{Title: "Go 1.26 Release Notes", URL: "https://go.dev/doc/go1.26"},
				},
			},
			chat.Story{
				Headline: "Kubernetes v1.35：Pod资源原地调整进入稳定阶段",
				Summary: chat.Text{
					text("Kubernetes v1.35的代号是"), italic("Timbernetes"), text("。运行中的Pod可以直接调整CPU和内存的"), code("requests"), text("与"),
					code("limits"), text("，无需重建容器。对有状态服务和批处理任务而言，这意味着"), bold("更少的中断"), text("和更高的资源利用率。"),
				},
				Sources: []chat.Link{
					{Title: "Kubernetes v1.35: Timbernetes (The World Tree Release)", URL: "https://kubernetes.io/blog/2025/12/17/kubernetes-v1-35-release/"},
					{Title: "Resize CPU and Memory Resources assigned to Containers", URL: "https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/"},
					{Title: "CHANGELOG-1.35", URL: "https://github.com/kubernetes/kubernetes/blob/master/CHANGELOG/CHANGELOG-1.35.md"},
				},
			},
			chat.Story{
				Headline: "PostgreSQL 18 引入异步I/O子系统",
				Summary: chat.Text{
					text("PostgreSQL 18的异步I/O子系统在顺序扫描、位图堆扫描和清理等操作中，读取性能最高可提升至三倍。新版本还带来了多列B树索引的"),
					bold("跳跃扫描"), text("、虚拟生成列，以及按时间排序的"), code("uuidv7()"), text("函数。"), code("pg_upgrade"), text("现在会保留优化器统计信息，升级后更快恢复预期性能。"),
				},
				Sources: []chat.Link{
					{Title: "PostgreSQL 18 Released!", URL: "https://www.postgresql.org/about/news/postgresql-18-released-3142/"},
				},
			},
			chat.Story{
				Headline: "Rust 1.93.0：内置musl更新到1.2.5",
				Summary: chat.Text{
					text("Rust 1.93.0将各个"), code("*-linux-musl"), text("目标自带的musl更新到1.2.5，改善了静态链接程序的DNS解析。全局分配器现在可以使用标准库的"),
					code("thread_local!"), text("，而不必担心重入问题。"),
				},
				Sources: []chat.Link{
					{Title: "Announcing Rust 1.93.0", URL: "https://blog.rust-lang.org/2026/01/22/Rust-1.93.0/"},
					{URL: "https://doc.rust-lang.org/stable/releases.html"},
				},
			},
			chat.Paragraph{Title: "分析", Text: chat.Text{
				text("从这几次发布可以看出两条线索。首先，"), bold("性能收益越来越多地来自运行时本身"), text("：新的垃圾回收器和异步I/O都不要求业务代码做出修改，升级即可受益。其次，运维侧的关注点从“能不能跑”转向“能不能平滑地变”。\n\n"),
				text("对技术决策者而言，升级计划应当先覆盖"), italic("收益确定、改动最小"), text("的组件，并为数据库大版本升级预留演练时间。"),
			}},
			chat.Paragraph{Title: "结论", Text: chat.Plain("基础软件正进入稳健演进的阶段。建议团队先在测试环境验证Go 1.26与PostgreSQL 18，再根据监控数据安排生产升级。")},
			tagButtons("Go", "Kubernetes", "PostgreSQL", "Rust", "垃圾回收", "数据库"),
		},
		Footer: "科技观察 · 2026年2月12日",
	}
}

// English is a digest in English.
func English() chat.Message {
	return chat.Message{
		Title: "Open source daily: Go 1.26 lands, PostgreSQL 18 settles in",
		URL:   "https://opensource.org/",
		Blocks: []chat.Block{
			chat.Paragraph{Text: chat.Text{
				text("A quiet week with two loud releases. "), bold("Go 1.26"), text(" turns on its new garbage collector, and "),
				link("PostgreSQL 18", "https://www.postgresql.org/docs/18/"), text(" shows what asynchronous I/O is worth."),
			}},
			chat.Story{
				Headline: "Go 1.26 enables the Green Tea garbage collector by default",
				Summary: chat.Text{
					text("The built-in "), code("new"), text(" accepts an expression, generic types may refer to themselves in their own type parameter list, and the "),
					italic("Green Tea"), text(" collector leaves its experiment. The rewritten "), code("go fix"), text(" applies modernizers; see the "),
					link("release notes", "https://go.dev/doc/go1.26"), text("."),
				},
				Sources: []chat.Link{
					{Title: "Go 1.26 is released", URL: "https://go.dev/blog/go1.26"},
					{Title: "Release notes", URL: "https://go.dev/doc/go1.26"},
				},
			},
			chat.Story{
				Headline: "PostgreSQL 18: asynchronous I/O, skip scan, uuidv7()",
				Summary:  chat.Plain("Sequential scans, bitmap heap scans and vacuum read ahead through the new I/O subsystem. Multicolumn B-tree indexes can serve more queries. Generated columns are virtual by default."),
				Sources:  []chat.Link{{Title: "PostgreSQL 18 Released!", URL: "https://www.postgresql.org/about/news/postgresql-18-released-3142/"}},
			},
			chat.Paragraph{Title: "Analysis", Text: chat.Plain("Both releases speed up programs that nobody has to change. That is the cheapest kind of progress, and the easiest to put off.")},
			chat.Paragraph{Title: "Conclusion", Text: chat.Plain("Try both in a staging environment this week.")},
			tagButtons("Go", "PostgreSQL", "open source"),
		},
		Footer: "Open Source Daily · 12 February 2026",
	}
}

func compact() chat.Message {
	return chat.Message{
		Title: "科技行业动态：云原生与数据库",
		URL:   "https://kubernetes.io/releases/",
		Blocks: []chat.Block{
			chat.Story{Headline: "Kubernetes v1.35 发布", Sources: []chat.Link{{Title: "Kubernetes Blog", URL: "https://kubernetes.io/blog/2025/12/17/kubernetes-v1-35-release/"}}},
			chat.Story{Headline: "PostgreSQL 18 发布", Sources: []chat.Link{{Title: "PostgreSQL", URL: "https://www.postgresql.org/about/news/postgresql-18-released-3142/"}}},
			chat.Story{Headline: "Go 1.26 发布", Summary: chat.Plain("新的垃圾回收器默认启用。"), Sources: []chat.Link{{URL: "https://go.dev/blog/go1.26"}}},
			tagButtons("Kubernetes", "PostgreSQL"),
		},
		Footer: "科技观察 · 2026年2月12日",
	}
}

// InBrief is a short digest, with groups, most of whose stories are in a fold.
func InBrief() chat.Message {
	story := func(n int, summary string) chat.Story {
		return chat.Story{
			Headline: fmt.Sprintf("Story %d: a day > ~20 hours for @_nobody", n),
			Summary:  chat.Text{text(summary), text(" · "), link("B news", fmt.Sprintf("https://b.example/%d?a=1&b=(2)", n))},
			Sources:  []chat.Link{{URL: fmt.Sprintf("https://a.example/%d", n)}},
		}
	}
	m := chat.Message{
		Language: "en", Title: "Tech daily: nineteen stories", Note: chat.Plain("19 stories · 8 min"), Footer: "Tech desk · 12 February 2026",
	}
	fold := chat.Fold{Title: "13 more stories", Line: "/digest story 2026-02-12-tech"}
	for i, group := range []string{"Infrastructure @everyone", "模型与研究", "🏛 Policy"} {
		m.Blocks = append(m.Blocks, chat.Heading{Level: 2, Title: group}, story(2*i+1, "It reads ahead, which makes scans up to 3.5 times faster."), story(2*i+2, "新的垃圾回收器默认启用。"))
		fold.Blocks = append(fold.Blocks, chat.Heading{Level: 2, Title: group})
		for j := range 4 {
			fold.Blocks = append(fold.Blocks, story(10*i+j+10, "Nobody has to change anything."))
		}
	}
	again := chat.Story{Headline: "一条旧闻 <&> *x*", Summary: chat.Plain("*bold* `code` _x_ <!channel>"), Note: chat.Text{link("↻ since Tue", "https://chat.example/messages/1")}}
	m.Blocks = append(m.Blocks, chat.Fold{Title: fold.Title, Line: fold.Line, Blocks: append(fold.Blocks, again)})
	m.Blocks = append(m.Blocks, chat.Buttons{
		{Label: "Show all 19", Line: fold.Line}, {Label: "Analysis", Line: "/digest details 2026-02-12-tech"}, {Label: "Read on the site", URL: "https://digests.example/2026-02-12/"},
	})
	tags := chat.Select{Label: "Open a tag", Brief: true}
	for _, b := range tagButtons("Go", "Kubernetes", "PostgreSQL", "Rust") {
		tags.Choices = append(tags.Choices, chat.Choice{Label: b.Label, Line: b.Line})
	}
	m.Blocks = append(m.Blocks, tags)
	return m
}

func headlines() chat.Message {
	return chat.Message{
		Title: "最近的摘要",
		Blocks: []chat.Block{
			chat.List{Title: "2026年2月12日", Items: []chat.Text{
				{link("Go 1.26 发布：Green Tea 垃圾回收器默认启用", "https://go.dev/blog/go1.26")},
				{link("Rust 1.93.0：内置musl更新到1.2.5", "https://blog.rust-lang.org/2026/01/22/Rust-1.93.0/"), text("　"), italic("另有一个来源")},
			}},
			chat.List{Title: "2025年12月18日", Items: []chat.Text{
				{link("Kubernetes v1.35：Pod资源原地调整进入稳定阶段", "https://kubernetes.io/blog/2025/12/17/kubernetes-v1-35-release/")},
			}},
		},
		Footer: "3条新闻",
	}
}

func lookup() chat.Message {
	return chat.Message{
		Title: "标签“数据库”：2篇摘要",
		Blocks: []chat.Block{
			chat.List{Items: []chat.Text{
				{bold("2026年2月12日"), text(" "), link("PostgreSQL 18 走向生产", "https://www.postgresql.org/docs/18/release-18.html"), text("\n升级时会保留优化器统计信息。")},
				{bold("2025年9月26日"), text(" "), link("PostgreSQL 18 发布", "https://www.postgresql.org/about/news/postgresql-18-released-3142/"), text("\n异步I/O最高可将读取性能提升至三倍。")},
			}},
			chat.Paragraph{Text: chat.Text{text("相近的标签："), code("PostgreSQL"), text("、"), code("SQLite")}},
			chat.Buttons{
				{Label: "最新一篇", Line: "/digest latest"},
				{Label: "PostgreSQL", Line: "/digest tag PostgreSQL"},
			},
		},
	}
}

func help() chat.Message {
	return chat.Message{
		Title: "Commands",
		Blocks: []chat.Block{
			chat.Paragraph{Text: chat.Plain("Type a command, or press a button under a digest.")},
			chat.List{Title: "For everyone", Items: []chat.Text{
				{code("/digest latest"), text(" shows the newest digest here.")},
				{code("/digest tag TAG"), text(" lists the digests with a tag. Case, width, hyphens and spaces do not matter: "), code("gpt 5"), text(" finds "), code("GPT-5"), text(".")},
				{code("/digest tags"), text(" lists the tags.")},
				{code("/digest help"), text(" shows this page.")},
			}},
			chat.List{Title: "For admins", Items: []chat.Text{
				{code("/digest resend"), text(" posts the newest digest again, "), bold("to everyone in the channel"), text(".")},
			}},
			chat.Buttons{{Label: "Latest digest", Line: "/digest latest"}, {Label: "All tags", Line: "/digest tags"}},
		},
		Footer: "digestbot",
	}
}

// Notice has notices of each level.
func Notice() chat.Message {
	return chat.Message{Blocks: []chat.Block{
		chat.Notice{Level: chat.Info, Text: chat.Plain("今天没有新的摘要。")},
		chat.Notice{Level: chat.Warning, Text: chat.Text{text("没有叫"), code("数据酷"), text("的标签，您是不是要找"), bold("数据库"), text("？")}},
		chat.Notice{Level: chat.Failure, Text: chat.Plain("Only admins can resend a digest.")},
	}}
}

// Long is a digest of forty stories.
func Long() chat.Message {
	m := chat.Message{
		Title:  "年度回顾：四十次发布",
		Footer: "科技观察 · 2026年2月12日",
		Blocks: []chat.Block{chat.Paragraph{Text: chat.Plain("过去几年的Go、Kubernetes、PostgreSQL与Rust版本，各有一句话。")}},
	}
	for i := range 40 {
		m.Blocks = append(m.Blocks, chat.Story{
			Headline: fmt.Sprintf("第%d条：Rust 1.%d.0 发布", i+1, 53+i),
			Summary:  chat.Text{text(fmt.Sprintf("这是第%d次回顾。", i+1)), bold("稳定版"), text("按照六周一次的节奏发布，编译器、标准库与Cargo都有更新；升级只需要一条命令："), code("rustup update stable"), text("。")},
			Sources:  []chat.Link{{Title: fmt.Sprintf("Rust 1.%d.0", 53+i), URL: fmt.Sprintf("https://doc.rust-lang.org/stable/releases.html#version-1%d0", 53+i)}},
		})
	}
	m.Blocks = append(m.Blocks,
		chat.Paragraph{Title: "结论", Text: chat.Plain(strings.Repeat("节奏稳定，本身就是一种质量。", 150))},
		tagButtons("Rust", "回顾"))
	return m
}

// empty is a message that is almost empty.
func empty() chat.Message {
	return chat.Message{
		Title: "今天没有新闻",
		Blocks: []chat.Block{
			chat.Paragraph{},
			chat.Paragraph{Title: "分析"},
			chat.Story{},
			chat.List{},
			chat.List{Title: "空的列表", Items: []chat.Text{nil, {{}}}},
			chat.Notice{},
			chat.Buttons{},
			chat.Buttons{{}},
		},
	}
}

// details has the sections of a digest as shown in its thread or in a
// private reply.
func details() chat.Message {
	m := Morning()
	return chat.Message{
		Language: "zh",
		Title:    "分析 · 结论",
		URL:      m.URL,
		Note:     chat.Text{text("摘自 "), link("科技行业动态", "https://digests.example/2026-02-12"), text("，2026年2月12日")},
		Blocks: []chat.Block{
			m.Blocks[5],
			chat.Paragraph{Title: "影响", Text: chat.Text{
				text("升级前请阅读"), link("迁移指南", "https://go.dev/doc/devel/release"), text("。\n"), bold("注意："), text("先备份，再升级。\n\n"),
				text(strings.Repeat("回滚方案与监控告警应当同时准备，并在演练中逐条验证。", 40)),
			}},
			m.Blocks[6],
		},
	}
}

// Corrected is a digest that was changed after it was posted.
func Corrected() chat.Message {
	m := English()
	m.Language = "en"
	m.Note = chat.Text{text("✎ corrected "), instant("12 February 2026, 09:10", time.Date(2026, 2, 12, 9, 10, 0, 0, time.UTC))}
	m.Blocks = append(m.Blocks, chat.Notice{Level: chat.Info, Text: chat.Text{
		text("The next digest is due "), {Text: "13 February 2026, 08:30", Style: chat.Bold, Time: time.Date(2026, 2, 13, 8, 30, 0, 0, time.UTC)}, text("."),
	}})
	return m
}

// repeats has stories that an earlier digest had.
func repeats() chat.Message {
	return chat.Message{
		Language: "zh",
		Title:    "科技行业动态：延续与更新",
		Note:     chat.Plain("另有3条新闻此前已经发过"),
		Blocks: []chat.Block{
			chat.Story{
				Headline: "Go 1.26 发布",
				Summary:  chat.Plain("新的垃圾回收器默认启用。"),
				Sources:  []chat.Link{{Title: "Go Blog", URL: "https://go.dev/blog/go1.26"}},
				Note:     chat.Text{text("↻ "), link("周二起", "https://chat.example/messages/1")},
			},
			chat.Story{
				Headline: "PostgreSQL 18 走向生产",
				Sources:  []chat.Link{{Title: "PostgreSQL", URL: "https://www.postgresql.org/docs/18/"}},
				Note:     chat.Plain("↻ 2月9日起"),
			},
			chat.Story{Headline: "Rust 1.93.0：内置musl更新到1.2.5", Summary: chat.Plain("静态链接程序的DNS解析有所改善。"), Sources: []chat.Link{{URL: "https://blog.rust-lang.org/2026/01/22/Rust-1.93.0/"}}},
			chat.Story{Headline: "没有来源的旧闻", Note: chat.Text{text("↻ "), instant("2月8日", time.Date(2026, 2, 8, 0, 30, 0, 0, time.UTC))}},
		},
		Footer: "科技观察 · 2026年2月12日",
	}
}

// Called notifies people with the first of several payloads.
func Called(mention []string) chat.Message {
	m := Long()
	m.Language = "zh"
	m.Mention = mention
	m.Note = chat.Plain("值班的各位：今天的摘要较长。")
	return m
}

// Pictured has a picture whose alternative text must be escaped.
func Pictured() chat.Message {
	m := English()
	m.Language = "en"
	m.Picture = chat.Picture{URL: "https://images.example/green-tea.png?size=1200&format=png", Alt: "A cup of green tea beside a <laptop> with \"Go 1.26\" on it"}
	return m
}

// bundle has three digests in one post, each under a heading.
func bundle() chat.Message {
	titles := []string{"云原生日报：Kubernetes v1.35 发布", "数据库日报：PostgreSQL 18 走向生产", "Languages weekly: Go 1.26 and Rust 1.93"}
	m := chat.Message{Language: "zh", Title: "2026年2月12日：3篇摘要", Footer: "科技观察"}
	for i, title := range titles {
		m.Blocks = append(m.Blocks,
			chat.Heading{Level: 1, Title: title, URL: fmt.Sprintf("https://digests.example/%d", i+1), Note: chat.Plain(fmt.Sprintf("第%d篇，5条新闻", i+1))},
			chat.Paragraph{Text: chat.Text{text(fmt.Sprintf("第%d篇的导语，", i+1)), bold("先看要点"), text("。")}},
		)
		for j := range 5 {
			if j%4 == 0 {
				m.Blocks = append(m.Blocks, chat.Heading{Level: 2, Title: fmt.Sprintf("第%d篇第%d组", i+1, j/4+1)})
			}
			m.Blocks = append(m.Blocks, chat.Story{
				Headline: fmt.Sprintf("第%d篇第%d条：%s", i+1, j+1, title),
				Summary:  chat.Plain(strings.Repeat(fmt.Sprintf("这是第%d篇第%d条的摘要，升级前请先在测试环境验证。", i+1, j+1), 5)),
				Sources:  []chat.Link{{Title: fmt.Sprintf("来源 %d-%d", i+1, j+1), URL: fmt.Sprintf("https://news.example/%d-%d.html", i+1, j+1)}},
			})
		}
	}
	m.Blocks = append(m.Blocks, tagButtons("Kubernetes", "PostgreSQL", "Go", "Rust"))
	return m
}

// linkButtons has link buttons, some with addresses too long for a
// platform's buttons.
func linkButtons() chat.Message {
	address := func(host string, length int) string {
		head := "https://" + host + "/"
		return head + strings.Repeat("x", length-len(head))
	}
	return chat.Message{
		Title: "Read on",
		Blocks: []chat.Block{
			chat.Paragraph{Text: chat.Plain("Every button leads somewhere.")},
			chat.Buttons{
				{Label: "Analysis · Conclusion", Line: "/digest details 2026-02-12-tech"},
				{Label: "Read on the web", URL: "https://digests.example/2026/02/12/?a=1&b=2"},
				{Label: "512 characters", URL: address("b512.example", 512)},
				{Label: "513 characters", URL: address("b513.example", 513)},
				{Label: "600 characters", URL: address("b600.example", 600)},
				{Label: "", URL: "https://nameless.example/"},
				{Label: strings.Repeat("a long label ", 12) + "ends", URL: "https://label.example/"},
				{Label: "no link", URL: "javascript:alert('button')"},
				{Label: "same place", URL: "https://nameless.example/"},
			},
		},
	}
}

// places names channels of all platforms, and some that cannot exist: in a
// notice, in items beside times, and in small print.
func places() chat.Message {
	where := func(adapter, id string) chat.Span {
		return chat.Span{Text: chat.Channel{Adapter: adapter, ID: id}.String(), Place: true}
	}
	now := time.Date(2026, 2, 12, 1, 10, 0, 0, time.UTC)
	item := func(name string, at chat.Span) chat.Text {
		return chat.Text{bold(name), text(" "), at, text("\ndaily at 8:30 · opens next "), instant("13 February 2026, 08:30", now)}
	}
	return chat.Message{
		Language: "en", Title: "Subscriptions",
		Note: chat.Text{text("A preview for "), where("slack", "C0GENERAL1"), text(" and "), where("discord", "200000000000000001"), text(", "), where("web", "general")},
		Blocks: []chat.Block{
			chat.Notice{Text: chat.Text{text("“morning” is made: "), where("discord", "200000000000000001"), text(" gets its digests, as "), where("slack", "C0GENERAL1"), text(" and "), where("web", "晨报"), text(" do.")}},
			chat.List{Items: []chat.Text{
				item("morning", where("discord", "200000000000000001")), item("morning", where("slack", "C0GENERAL1")), item("morning", where("web", "general")),
				item("hostile", where("discord", "1> @everyone")), item("hostile", where("slack", "C1|<!channel>")), item("hostile", where("web", "<b>@here</b>")),
			}},
			chat.Paragraph{Text: chat.Text{{Text: "slack:C0GENERAL1", Style: chat.Bold, Place: true}, text(" in bold, "), {Text: "discord:200000000000000001", URL: "https://elsewhere.example/", Place: true}, text(" that leads elsewhere, and "), {Text: "none", Place: true}}},
		},
	}
}

// menus has a list whose stories, and all tags, can be chosen from menus; there
// are more entries, and longer ones, than a platform's menus allow.
func menus() chat.Message {
	stories := chat.Select{Label: "Open a story @everyone <!channel>"}
	for i, headline := range []string{
		"Go 1.26 正式发布 👨‍👩‍👧‍👦", "عنوان من اليمين إلى اليسار", "a < b & \"c\" | *d* `e`",
		strings.Repeat("a headline that no menu takes ", 10) + "to its end",
	} {
		stories.Choices = append(stories.Choices, chat.Choice{Label: headline, Line: fmt.Sprintf("/digest story 2026-02-12-tech#%d", i+1)})
	}
	shortened := chat.Select{Label: "Open one of these", Brief: true, Choices: stories.Choices}
	tags := chat.Select{Label: "All tags", Line: "/digest tag"}
	for i := range 30 {
		tags.Choices = append(tags.Choices, chat.Choice{Label: fmt.Sprintf("tag %d · %d", i+1, 90-i), Line: fmt.Sprintf("/digest tag \"tag %d\"", i+1)})
	}
	return chat.Message{
		Language: "en", Title: "AI: 34 stories",
		Blocks: []chat.Block{
			chat.List{Items: []chat.Text{{link("Go 1.26 正式发布 👨‍👩‍👧‍👦", "https://go.example/1.26"), text("\n12 February 2026 · go.example")}}},
			stories, shortened, tags,
			chat.Buttons{{Label: "Older →", Line: "/digest tag AI page=2"}, {Label: "Share here", Line: "/digest tag AI share=here"}},
		},
		Footer: "Page 1 of 5",
	}
}

// storyless is a digest without stories.
func storyless() chat.Message {
	return chat.Message{
		Language: "en",
		Title:    "Nothing happened, and here is why",
		URL:      "https://digests.example/2026/02/15/",
		Blocks: []chat.Block{
			chat.Paragraph{Text: chat.Plain("The editors took the day off. Tomorrow is another day.")},
			chat.Paragraph{Title: "Conclusion", Text: chat.Plain("Rest is news, too.")},
			tagButtons("rest"),
		},
		Footer: "Open Source Daily · 15 February 2026",
	}
}
