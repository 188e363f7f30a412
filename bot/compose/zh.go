package compose

import (
	"fmt"

	"golang.org/x/text/language"
)

var chinese = words{
	tag:  language.SimplifiedChinese,
	day:  "2006年1月2日",
	join: " · ",

	tagged: func(tag string, n int) string { return fmt.Sprintf("%s：%d 篇摘要", tag, n) },
	related: func(exact, others int) string {
		if exact == 0 {
			return "没有摘要正好带有此标签；以下标签包含它："
		}
		return fmt.Sprintf("%d 篇正好带有此标签，另有 %d 篇带有相关标签：", exact, others)
	},
	firstOf:   func(shown, n int) string { return fmt.Sprintf("共 %d 篇，显示前 %d 篇。", n, shown) },
	tags:      "标签",
	manyTags:  func(n int) string { return fmt.Sprintf("共 %d 个标签，显示最常用的。", n) },
	help:      "可以这样问",
	helpHint:  "输入 /digest help 查看可用的命令。",
	findHint:  "标签不分大小写、全半角、连字符和空格。",
	adminOnly: "（管理员）",

	noDigests:   "还没有摘要。",
	noTag:       func(tag string) string { return fmt.Sprintf("没有摘要带有标签“%s”。", tag) },
	near:        "您要找的是不是：",
	unknownVerb: func(verb string) string { return fmt.Sprintf("不认识“%s”。", verb) },
	missing:     func(verb, arg string) string { return fmt.Sprintf("/digest %s 需要 %s。", verb, arg) },
	tooMuch:     func(verb, extra string) string { return fmt.Sprintf("/digest %s 不需要“%s”。", verb, extra) },
	admins:      "只有管理员可以这样做。",
	failed:      "抱歉，出错了。机器人的维护者可以在日志里找到原因。",
	noDigest:    func(id string) string { return fmt.Sprintf("没有摘要“%s”。", id) },
	resending:   func(title string) string { return fmt.Sprintf("正在此频道重新发布“%s”。", title) },
	resendTwice: "这个请求已经收到，只会发布一次。",
	summaries: map[string]string{
		"latest": "最新的摘要",
		"tag":    "带有某个标签的摘要",
		"tags":   "有哪些标签",
		"help":   "可以问什么",
		"resend": "在此频道重新发布一篇摘要",
	},
}
